package tui

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
)

// The table of keys in the manual is between two comments.
const (
	manual              = "../docs/monitor.md"
	tableFrom, tableEnd = "<!-- keys -->\n", "<!-- /keys -->\n"
)

// keyTable is the table of keys as Markdown, each group named once.
func keyTable() string {
	var b strings.Builder
	b.WriteString("| | key | what it does |\n|---|---|---|\n")
	group := ""
	for _, k := range Keys() {
		name := ""
		if k.Group != group {
			name, group = k.Group, k.Group
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", name, k.Keys, strings.ReplaceAll(k.Help, "|", `\|`))
	}
	return b.String()
}

// The manual lists the keys that exist. `go test ./tui -run Manual -update` writes the
// list.
func TestManualHasTheKeys(t *testing.T) {
	text := string(must.M1(os.ReadFile(manual)))
	before, rest, begun := strings.Cut(text, tableFrom)
	table, after, ended := strings.Cut(rest, tableEnd)
	if !begun || !ended {
		t.Fatalf("%s has no lines %q and %q around the table of keys", manual, strings.TrimSpace(tableFrom), strings.TrimSpace(tableEnd))
	}
	switch want := keyTable(); {
	case table == want:
	case flag.Lookup("update").Value.String() == "true": // of package golden
		must.M(os.WriteFile(manual, []byte(before+tableFrom+want+tableEnd+after), 0o644))
	default:
		t.Errorf("the keys of %s are not those of the monitor: go test ./tui -run Manual -update", manual)
	}
}
