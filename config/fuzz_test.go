package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/train"
)

// FuzzParse holds that any file and override give either a configuration that reads back as itself, or problems of one printable line.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../configs/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "train.batch=7")
	}
	for _, text := range []string{
		"", "\ufeff", "\xff\xfe", "---\n---\n", "a: &a [*a]\n", "<<: *x", "%YAML 1.1\n---\n{}", "? ", "? ? ?", "[", "{", "- - -", "\t", "a:\n\t- b", "x: |\n\n", "!!binary x: y",
		"seed: 99999999999999999999999", "seed: 0o7", "seed: 0b1", "seed: +1", "seed: -0", "seed: 1_0_", "train: {clip_norm: -0.0, ema: 1e-400}", "train: {clip_norm: 0x1p-2}",
		"data: {source: \"\\u2028\"}", "name: 'a\n\n b'", "'': ''", "train.batch: 1", "model: {order: [], hidden: [1, 1, ]}", "model: {type: vae, posterior: diagonal, encoder: []}",
		"model: {type: maf, base: mog, transform: gated, residual: true}", "data: {drop_columns: [a, 0x1, '1', ~]}", "data: {fractions: [1, -0, -0.0]}",
		config.AliasBomb(9),
	} {
		f.Add([]byte("data: {source: banana}\n"+text), "train.optimizer={name: adam}")
		f.Add([]byte(text), "model.hidden.0=3")
		f.Add([]byte("{}"), "data={source: banana, array: "+text+"}")
		f.Add([]byte("{}"), text)
	}
	f.Fuzz(func(t *testing.T, src []byte, set string) {
		c, err := train.ParseConfig("f.yaml", src, []string{set})
		if err != nil {
			var problems config.Problems
			if !errors.As(err, &problems) || len(problems) == 0 || c != nil {
				t.Fatalf("%v and an error of type %T", c, err)
			}
			for _, p := range problems {
				line := p.String()
				if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || !strings.HasPrefix(line, "f.yaml") && !strings.HasPrefix(line, "--set ") {
					t.Errorf("the problem reads %q", line)
				}
			}
			return
		}
		text, err := config.Marshal(c.Table())
		if err != nil {
			t.Fatalf("what was read is refused: %v", err)
		}
		back, err := train.ParseConfig("g.yaml", text, nil)
		if err != nil || config.Diff(c.Table(), back.Table()) != nil {
			t.Fatalf("got %+v\nwant %+v\n%v", back, c, err)
		}
		if again, err := config.Marshal(back.Table()); err != nil || !bytes.Equal(text, again) {
			t.Fatalf("%v: wrote\n%s\nthen\n%s", err, text, again)
		}
	})
}
