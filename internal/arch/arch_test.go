package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/maskflow/maskflow"

// page documents the packages: its table gives each one its floor and the packages of the same floor that it imports.
const page = "../../docs/architecture.md"

// room is a row of the table.
type room struct {
	floor int
	same  []string
}

// bare lists the packages that import, of all that is outside the standard library, no more than this.
var bare = map[string][]string{
	"configs":      {},
	"masks":        {},
	"cmd/maskflow": {"internal/cli"},
}

// withoutGraphs lists the packages from which GoMLX is out of reach.
var withoutGraphs = []string{"masks", "plot", "runlog", "monitor"}

// graphs are the import paths of GoMLX and what it compiles with.
var graphs = []string{"github.com/gomlx/"}

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

// commandFloor is where the command begins, which may draw on a terminal.
const commandFloor = 9

// pkg is what `go list -json` reports of a package.
type pkg struct {
	ImportPath string
	Imports    []string // of its files, tests left out
	Deps       []string // everything reachable over Imports
}

func TestArrows(t *testing.T) {
	readTree(t)
	rooms := readRooms(t)
	for _, tags := range []string{"", "noxla"} {
		t.Run("tags="+tags, func(t *testing.T) {
			found := map[string]bool{}
			for _, p := range list(t, tags) {
				checkPackage(t, rooms, p)
				found[folder(p.ImportPath)] = true
			}
			for name := range rooms {
				if !found[name] {
					t.Errorf("%s lists %s, which is no package", page, name)
				}
			}
		})
	}
}

// readRooms reads the table of the architecture page.
func readRooms(t *testing.T) map[string]room {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| (\\d+) \\| `([^`]+)` \\|[^|]*\\|([^|]*)\\|$")
	rooms := map[string]room{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		r := room{}
		if r.floor, err = strconv.Atoi(m[1]); err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[3], -1) {
			r.same = append(r.same, name[1])
		}
		rooms[m[2]] = r
	}
	if len(rooms) == 0 {
		t.Fatalf("%s has no table of packages", page)
	}
	return rooms
}

func checkPackage(t *testing.T, rooms map[string]room, p pkg) {
	t.Helper()
	from := folder(p.ImportPath)
	own, ok := rooms[from]
	if !ok {
		t.Errorf("package %s has no floor: add it to the table in %s", from, page)
		return
	}
	for _, path := range p.Imports {
		checkImport(t, rooms, from, own, path)
	}
	for _, path := range p.Deps {
		if own.floor < commandFloor && !slices.Contains(ofTerminal, from) && hasAnyPrefix(path, terminal) {
			t.Errorf("%s reaches the terminal package %s", from, path)
		}
		if slices.Contains(withoutGraphs, from) && hasAnyPrefix(path, graphs) {
			t.Errorf("%s reaches %s", from, path)
		}
	}
}

func checkImport(t *testing.T, rooms map[string]room, from string, own room, path string) {
	t.Helper()
	if isStandard(path) {
		return
	}
	to := folder(path)
	if only, ok := bare[from]; ok && !slices.Contains(only, to) {
		t.Errorf("%s imports %s: outside the standard library it may import only %q", from, path, only)
	}
	target, ours := rooms[to]
	if !ours {
		return // another module's, or without a floor: reported where it is listed itself
	}
	switch {
	case isTestHelper(to) && !isTestHelper(from):
		t.Errorf("%s imports %s outside its tests", from, to)
	case target.floor < own.floor:
	case target.floor == own.floor && slices.Contains(own.same, to):
	default:
		t.Errorf("%s (floor %d) imports %s (floor %d)", from, own.floor, to, target.floor)
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
