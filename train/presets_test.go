package train_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/train"
)

// A preset repeats a published figure with the settings that it resolves to: a default
// that changes must show. Run with -update where it is meant to.
func TestPresetsResolveToTheSameSettings(t *testing.T) {
	names, err := fs.Glob(configs.Files, "*.yaml")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d presets (%v)", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			src, err := fs.ReadFile(configs.Files, name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := train.ParseConfig(name, src, nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := config.Marshal(c.Table())
			if err != nil {
				t.Fatal(err)
			}
			golden.RequireEqual(t, text)
		})
	}
}
