package cli

import (
	"os"
	"testing"
)

// The page of the documentation is what help config prints (make docs).
func TestThePageOfTheKeys(t *testing.T) {
	page, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	if configIntro+configText(keys()) != string(page) {
		t.Error("docs/config.md differs from maskflow help config: run make docs")
	}
}

// Each preset is found by its name.
func TestPresetsByName(t *testing.T) {
	for _, name := range presets() {
		if c, err := loadConfig(name, nil); err != nil || c.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}
