package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/train"
)

// The tests read the configuration of a run, the largest table there is.
func parse(name, src string, sets ...string) (*train.Config, error) {
	return train.ParseConfig(name, []byte(src), sets)
}

// children are the names of the keys and sections in a section.
func children(section string) []string {
	var names []string
	for _, d := range option.Document((&train.Config{}).Table()) {
		if rest, ok := strings.CutPrefix(d.Path, section+"."); ok {
			name, _, _ := strings.Cut(rest, ".")
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// problemsOf reads text and returns the lines of the error.
func problemsOf(t *testing.T, text string, sets ...string) []string {
	t.Helper()
	_, err := parse("f.yaml", text, sets...)
	if err == nil {
		return nil
	}
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error of type %T: %v", err, err)
	}
	return strings.Split(err.Error(), "\n")
}

// begin reports whether there is a problem for each of want, in this order, that begins so: with its place and path.
func begin(got, want []string) bool {
	return slices.EqualFunc(got, want, strings.HasPrefix)
}

// values are the resolved values by path.
func values(t *testing.T, c *train.Config) map[string]string {
	t.Helper()
	text, err := config.Marshal(c.Table())
	if err != nil {
		t.Fatal(err)
	}
	list, err := config.Values("resolved", text)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, v := range list {
		all[v.Path] = v.Text
	}
	return all
}

// hasValues compares some of the resolved values with what they should be.
func hasValues(t *testing.T, c *train.Config, want map[string]string) {
	t.Helper()
	got := values(t, c)
	for path, value := range want {
		if got[path] != value {
			t.Errorf("%s is %q, want %q", path, got[path], value)
		}
	}
}

// of is the configuration of a run on banana, changed by overrides.
func of(t *testing.T, sets ...string) *train.Config {
	t.Helper()
	c, err := parse("run.yaml", "data: {source: banana}", sets...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
