package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v4"
)

func TestValuesOfAnyVersion(t *testing.T) {
	src := `
# a file of another version
seed: 7
model:
  hidden:
    - 500
    - 300
  wings: {left: {span: 1.5}, right: {}}   # not known to this one
  order: ~
list: [[1, 2], {a: yes, 'b c': "d"}, 2024-01-01]
text: "two\nlines"
folded: >
  one
  two
empty: ""
rate: 1e-3
`
	got, err := Values("f.yaml", []byte(src))
	want := []Value{
		{"seed", "7"},
		{"model.hidden", "[500, 300]"},
		{"model.wings.left.span", "1.5"},
		{"model.wings.right", "{}"},
		{"model.order", "null"},
		{"list", `[[1, 2], {a: "yes", "b c": d}, "2024-01-01"]`},
		{"text", `"two\nlines"`},
		{"folded", `"one two\n"`},
		{"empty", `""`},
		{"rate", "1e-3"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q\n%v", got, want, err)
	}
}

func TestWhatHasNoValues(t *testing.T) {
	for src, want := range map[string]string{
		"":                                 "f.yaml:1:1: there is no configuration in it (it needs at least data: {source: …})",
		"- a\n":                            "f.yaml:1:1: want keys and values such as seed: 1, got a list of one",
		"a: 1\nb: [1\n":                    "f.yaml:3:1: not YAML: did not find expected ',' or ']' while parsing a flow sequence that starts at 2:4",
		"a:\n  b: 1\n  c: 2\n  b: 3\n":     `f.yaml:4:3: "b" is given twice, first at 2:3 (keep one)`,
		"a:\n  [x]: 1\n":                   "f.yaml:2:3: a key must be a name, got a list of one",
		"a: &b 1\n":                        "f.yaml:1:4: the anchor &b has no use here (remove it, and write values out where they are used)",
		"a: 1\n" + long(201) + ": 1\n":     "f.yaml:2:1: the key and its sections have 201 bytes (200 are the most)",
		strings.Repeat(" ", maxFile) + "a": "f.yaml: larger than 1 MiB, which no configuration is (is it a data file?)",
	} {
		values, err := Values("f.yaml", []byte(src))
		if values != nil || err == nil || err.Error() != want {
			t.Errorf("%.40q gives %v, %v\nnot %s", src, values, err, want)
		}
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// A mebibyte of text can ask for a thousand times as much in paths.
func TestValuesAreBounded(t *testing.T) {
	var wide strings.Builder
	wide.WriteString(long(900) + ":\n")
	for i := range 10_001 {
		wide.WriteString("  k" + strings.Repeat("0", i%7) + string(rune('a'+i%26)) + strings.Repeat("z", i/182) + ": 1\n")
	}
	for name, src := range map[string]string{
		"wide":  wide.String(),
		"deep":  strings.Repeat("{a: ", 5000) + "1" + strings.Repeat("}", 5000),
		"lists": "a: " + strings.Repeat("[", 5000) + long(500_000) + strings.Repeat("]", 5000),
	} {
		values, err := Values("f.yaml", []byte(src))
		bytes := 0
		for _, v := range values {
			bytes += len(v.Path) + len(v.Text)
		}
		if err == nil && bytes > 2*len(src) {
			t.Errorf("%s: %d values of %d bytes in a file of %d", name, len(values), bytes, len(src))
		}
	}
}

// FuzzValues holds that any bytes give either values that YAML reads back as they are, or one problem of one printable line.
func FuzzValues(f *testing.F) {
	for _, src := range []string{
		"a: 1", "a: {b: [1, 'x', ~, yes]}", "? a\n: b", "'': ''", "a: \"\\u2028\"", "a: >\n b\n", "a: .nan", "a: 0o7", "a: 2001-01-01 00:00:00",
		"a: !!binary x", "a: &x 1", "%YAML 1.1\n---\n{}", "a: {}", "a: []", "{a: {[b]: 1}}", "a: ''''", "=: =", AliasBomb(3),
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		values, err := Values("f.yaml", src)
		if err != nil {
			var problems Problems
			line := err.Error()
			if !errors.As(err, &problems) || len(problems) != 1 || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || !strings.HasPrefix(line, "f.yaml") {
				t.Fatalf("the problem reads %q", line)
			}
			return
		}
		for _, v := range values {
			if strings.ContainsFunc(v.Text, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(v.Path) > maxPath {
				t.Fatalf("%q is %q", v.Path, v.Text)
			}
			var n yaml.Node
			if err := yaml.Load([]byte("["+v.Text+"]"), &n); err != nil {
				t.Fatalf("%q is %q, which is no YAML: %v", v.Path, v.Text, err)
			}
			var again strings.Builder
			writeFlow(&again, n.Content[0].Content[0])
			if again.String() != v.Text {
				t.Fatalf("%q is %q, which reads back as %q", v.Path, v.Text, again.String())
			}
		}
	})
}
