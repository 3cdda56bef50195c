package tui

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
)

// The table of keys in the README stands between two comments.
const (
	readme              = "../README.md"
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

// The README tells the keys that there are. `go test ./tui -run README -update` writes
// them into it.
func TestREADMEHasTheKeys(t *testing.T) {
	text := string(must.M1(os.ReadFile(readme)))
	before, rest, begun := strings.Cut(text, tableFrom)
	table, after, ended := strings.Cut(rest, tableEnd)
	if !begun || !ended {
		t.Fatalf("%s has no lines %q and %q with the table of keys between them", readme, strings.TrimSpace(tableFrom), strings.TrimSpace(tableEnd))
	}
	switch want := keyTable(); {
	case table == want:
	case flag.Lookup("update").Value.String() == "true": // of package golden
		must.M(os.WriteFile(readme, []byte(before+tableFrom+want+tableEnd+after), 0o644))
	default:
		t.Errorf("the keys of %s are not those of the monitor: go test ./tui -run README -update", readme)
	}
}
