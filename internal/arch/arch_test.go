package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/maskflow/maskflow"

// levels gives every package of the module, by its folder, its level. A package imports only lower levels.
var levels = map[string]int{
	"configs": 0,
	"masks":   0,
	"plot":    0,
	"runlog":  0,

	"internal/files": 0,
	"internal/words": 0,

	"backend":              1,
	"backend/backendtest":  1,
	"checkpoint":           1,
	"config":               1,
	"data":                 1,
	"internal/incremental": 1,
	"internal/nn":          1,
	"models":               1,

	"models/flow": 2,
	"models/iaf":  2,
	"models/made": 2,
	"models/maf":  2,
	"monitor":     2,

	".": 3,

	"internal/ansisvg": 4,
	"picture":          4,
	"reproduce":        4,
	"train":            4,
	"tui":              4,

	"cmd/maskflow": 5,
	"internal/cli": 5,

	// Nothing may import these: they hold tests and benchmarks of all the rest.
	"internal/arch":     6,
	"internal/bench":    6,
	"internal/consumer": 6,
}

// sameLevel lists the imports inside a level that the design allows.
var sameLevel = map[string][]string{
	"models/iaf":   {"models/flow", "models/made"},
	"models/maf":   {"models/flow", "models/made"},
	"reproduce":    {"train"},
	"tui":          {"picture"},
	"cmd/maskflow": {"internal/cli"},
}

// onlyImports lists the packages that may import, of all that is outside the standard library, no more than this. So
// GoMLX is out of reach of masks, plot and runlog.
var onlyImports = map[string][]string{
	"configs":      {},
	"masks":        {},
	"plot":         {},
	"runlog":       {},
	"cmd/maskflow": {"internal/cli"},
}

// terminal lists the import paths that draw on a terminal. They are reachable only from ofTerminal and the command above.
var terminal = []string{
	"charm.land/",
	"github.com/charmbracelet/",
	"github.com/gdamore/tcell",
	"github.com/muesli/termenv",
	"github.com/rivo/tview",
}

// ofTerminal lists the packages that draw on a terminal, or read what was drawn.
var ofTerminal = []string{"internal/ansisvg", "tui"}

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Imports    []string // of its files, tests left out
	Deps       []string // everything reachable over Imports
}

func TestArrows(t *testing.T) {
	readTree(t)
	for _, tags := range []string{"", "noxla"} {
		t.Run("tags="+tags, func(t *testing.T) {
			for _, p := range list(t, tags) {
				checkPackage(t, p)
			}
		})
	}
}

func checkPackage(t *testing.T, p pkg) {
	t.Helper()
	from := folder(p.ImportPath)
	level, ok := levels[from]
	if !ok {
		t.Errorf("package %s has no level: add it to the table in internal/arch", from)
		return
	}
	for _, path := range p.Imports {
		checkImport(t, from, level, path)
	}
	if level >= 5 || slices.Contains(ofTerminal, from) {
		return
	}
	for _, path := range p.Deps {
		if hasAnyPrefix(path, terminal) {
			t.Errorf("%s reaches the terminal package %s", from, path)
		}
	}
}

func checkImport(t *testing.T, from string, level int, path string) {
	t.Helper()
	if isStandard(path) {
		return
	}
	to := folder(path)
	if only, ok := onlyImports[from]; ok && !slices.Contains(only, to) {
		t.Errorf("%s imports %s: outside the standard library it may import only %q", from, path, only)
	}
	toLevel, ours := levels[to]
	if !ours {
		return // another module's, or without a level: reported where it is listed itself
	}
	switch {
	case isTestHelper(to) && !isTestHelper(from):
		t.Errorf("%s imports %s outside its tests", from, to)
	case toLevel < level:
	case toLevel == level && (isTestHelper(from) || slices.Contains(sameLevel[from], to)):
	default:
		t.Errorf("%s (level %d) imports %s (level %d)", from, level, to, toLevel)
	}
}

// list returns the module's packages, as built with the tags.
func list(t *testing.T, tags string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,Deps", "-tags="+tags, "./...")
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("reading what go list wrote: %v", err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) == 0 {
		t.Fatal("go list found no package")
	}
	return pkgs
}

// readTree opens every folder of the module. The test cache knows only what the test itself opened, not what go list
// read: without this a changed import would be answered with the last, cached result.
func readTree(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && name != ".." && (strings.HasPrefix(name, ".") || name == "bin" || name == "runs") {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatalf("reading the module's folders: %v", err)
	}
}

// folder is the path of a package from the module's root: "." for the root; another module's path as it is.
func folder(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// isStandard tells the standard library's paths: their first element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// isTestHelper tells packages such as backend/backendtest, which only tests and other helpers import.
func isTestHelper(folder string) bool {
	return strings.HasSuffix(folder, "test")
}

func hasAnyPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}
