// Command notice writes the file NOTICE: the modules that the command maskflow is linked with, on whatever system, and
// the texts of their licences.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

const head = `maskflow is under the licence in the file LICENSE. Its program is linked with Go's standard library and the modules
below, each under its own licence; the texts follow. An XLA plugin is no part of it: "maskflow backend install" fetches
one from its publisher and keeps the licences that come with it beside it (of jaxlib's CPU plugin Apache-2.0; NVIDIA's
libraries are under NVIDIA's own).

`

func main() {
	log.SetFlags(0)
	text, err := notice()
	if err == nil {
		_, err = os.Stdout.WriteString(text)
	}
	if err != nil {
		log.Fatal("notice: ", err)
	}
}

// module is a module that is linked, with the folders of its packages that are.
type module struct {
	name, dir string // name and version
	packages  []string
}

// linked are the modules of the command on systems that it is built for.
func linked(systems ...string) ([]*module, error) {
	found := map[string]*module{}
	for _, system := range systems {
		tags, cgo := "", "1"
		if system == "windows" {
			tags, cgo = "noxla", "0"
		}
		c := exec.Command("go", "list", "-deps", "-tags", tags,
			"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}", "github.com/maskflow/maskflow/cmd/maskflow")
		c.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED="+cgo)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w: %s", system, err, &stderr)
		}
		for line := range strings.Lines(string(out)) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if len(f) != 3 {
				continue
			}
			if found[f[0]] == nil {
				found[f[0]] = &module{name: f[0], dir: f[1]}
			}
			found[f[0]].packages = append(found[f[0]].packages, f[2])
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *module) int { return strings.Compare(a.name, b.name) }), nil
}

// legal matches the names of files with licences.
var legal = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents|third_party)[^/]*$`)

// plain leaves line ends as they are everywhere, and no new pages.
var plain = strings.NewReplacer("\r\n", "\n", "\f", "")

// texts are the licences of a module, in the folders of its packages and above.
func (m *module) texts() ([]string, error) {
	var texts []string
	seen := map[string]bool{}
	for _, dir := range m.packages {
		for ; len(dir) >= len(m.dir) && !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			entries, err := os.ReadDir(dir)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if !legal.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
					continue
				}
				paths := []string{filepath.Join(dir, e.Name())}
				if e.IsDir() {
					paths, _ = filepath.Glob(filepath.Join(paths[0], "*.txt"))
				}
				for _, path := range paths {
					text, err := os.ReadFile(path)
					if err != nil {
						return nil, err
					}
					texts = append(texts, strings.TrimSpace(plain.Replace(strings.ToValidUTF8(string(text), "?"))))
				}
			}
		}
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s has no licence", m.name)
	}
	return texts, nil
}

func notice() (string, error) {
	modules, err := linked("linux", "darwin", "windows")
	if err != nil {
		return "", err
	}
	of := map[string][]string{} // the names of the modules of a text
	var all error
	var b strings.Builder
	b.WriteString(head)
	standard := &module{name: "Go's standard library", dir: runtime.GOROOT(), packages: []string{runtime.GOROOT()}} //nolint:staticcheck // it is run by go run
	for _, m := range append(modules, standard) {
		texts, err := m.texts()
		all = errors.Join(all, err)
		for _, text := range texts {
			if name, _, _ := strings.Cut(m.name, " v"); !slices.Contains(of[text], name) {
				of[text] = append(of[text], name)
			}
		}
		if m != standard {
			fmt.Fprintf(&b, "  %s\n", m.name)
		}
	}
	for _, text := range slices.SortedFunc(maps.Keys(of), func(x, y string) int { return strings.Compare(of[x][0]+x, of[y][0]+y) }) {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(of[text], "\n"), text)
	}
	return b.String(), all
}
