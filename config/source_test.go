package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/train"
)

func TestWhatIsNoPlainDocumentIsOneProblem(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"nothing":          {"", "f.yaml:1:1: there is no configuration in it (it needs at least data: {source: …})"},
		"comments":         {"# nothing\n", "f.yaml:1:1: there is no configuration in it (it needs at least data: {source: …})"},
		"empty document":   {"---\n", "f.yaml:1:1: there is no configuration in it (it needs at least data: {source: …})"},
		"scalar":           {"dna.npz", `f.yaml:1:1: want keys and values such as seed: 1, got the text "dna.npz"`},
		"list":             {"- a\n- b\n", "f.yaml:1:1: want keys and values such as seed: 1, got a list of 2"},
		"two documents":    {"seed: 1\n---\nseed: 2\n", "f.yaml:3:1: a second document starts here (a configuration is one document: remove it and the line ---)"},
		"tab":              {"train:\n\tbatch: 7\n", "f.yaml:2:1: not YAML: the line is indented with a tab (use spaces)"},
		"byte order mark":  {"\ufeffseed: 1\n", "f.yaml:1:1: a byte order mark starts it (save it as UTF-8 without one)"},
		"UTF-16":           {"\xff\xfes\x00", "f.yaml:1:1: UTF-16 text (save it as UTF-8)"},
		"Latin-1":          {"seed: 1\nname: \xe9\n", "f.yaml:2:7: byte 0xe9 is not UTF-8 text (save the file as UTF-8)"},
		"control":          {"seed: 1\nname: é\x00\n", "f.yaml:2:8: character U+0000 is not text (remove it)"},
		"anchor":           {"seed: &s 1\n", "f.yaml:1:7: the anchor &s has no use here (remove it, and write values out where they are used)"},
		"unknown alias":    {"seed: *s\n", "f.yaml:1:7: not YAML: unknown anchor 's' referenced"},
		"merge key":        {"train: {<<: {batch: 7}}\n", "f.yaml:1:9: the merge key << is not known here (write the keys out)"},
		"tag":              {"seed: !!int '7'\n", "f.yaml:1:7: the tag !!int has no use here (remove it)"},
		"own tag":          {"seed: !x 7\n", "f.yaml:1:7: the tag !x has no use here (remove it)"},
		"open list":        {"model:\n  hidden: [1,\n  2\nseed: 1\n", "f.yaml:4:5: not YAML: did not find expected ',' or ']' while parsing a flow sequence that starts at 2:11"},
		"wrong indent":     {"train:\n  batch: 7\n max_steps: 3\n", "f.yaml:3:2: not YAML: did not find expected key while parsing a block mapping that starts at 1:1"},
		"value in a value": {"seed: a: b\n", "f.yaml:1:8: not YAML: mapping values are not allowed in this context"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := problemsOf(t, test.text); !begin(got, []string{test.want}) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestHostileSizes(t *testing.T) {
	for name, text := range map[string]string{
		"aliases":      config.AliasBomb(20),
		"deep lists":   strings.Repeat("[", 1<<17),
		"deep blocks":  strings.Repeat("- ", 1<<16),
		"closed lists": strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"deep keys":    strings.Repeat("? ", 3000),
		"long key":     strings.Repeat("x", 1<<19) + ": 1\n",
		"too large":    "data: {source: banana}\n#" + strings.Repeat("x", config.MaxFile),
	} {
		got := problemsOf(t, text)
		if len(got) == 0 || len(got[0]) > 1000 {
			t.Errorf("%s: %d problems, %.200q", name, len(got), got)
		}
	}
	if got := problemsOf(t, strings.Repeat(" ", config.MaxFile+1)); got[0] != "f.yaml: larger than 1 MiB, which no configuration is (is it a data file?)" {
		t.Errorf("got %q", got)
	}
}

func TestLoadSaysWhatIsWrongWithTheFile(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.yaml")
	_, err := train.LoadConfig(missing, nil)
	if !errors.Is(err, os.ErrNotExist) || err.Error() != "reading "+missing+": no such file or directory" {
		t.Errorf("got %v", err)
	}
	if _, err := train.LoadConfig(dir, nil); !errors.Is(err, files.ErrNotRegular) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}

	huge := filepath.Join(dir, "huge.yaml")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 100<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := train.LoadConfig(huge, nil); err == nil || err.Error() != huge+": larger than 1 MiB, which no configuration is (is it a data file?)" {
		t.Errorf("got %v", err)
	}

	small := filepath.Join(dir, "small.yaml")
	if err := os.WriteFile(small, []byte("data: {source: banana}\r\nseed: 7\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := train.LoadConfig(small, []string{"seed=11"})
	if err != nil || c.Seed != 11 || c.Name != "small" {
		t.Errorf("got %+v, %v", c, err)
	}
}
