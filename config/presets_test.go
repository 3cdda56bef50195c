package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPresets(t *testing.T) {
	files, err := filepath.Glob("../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no presets (%v)", err)
	}
	for _, file := range files {
		base := filepath.Base(file)
		c, err := Load(file, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if c.Name+".yaml" != base {
			t.Errorf("%s has the name %s", base, c.Name)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, header := range []string{"# Published: ", "# Run: maskflow train configs/" + base + "\n"} {
			if !strings.Contains(string(text), header) {
				t.Errorf("%s does not say %q", base, header)
			}
		}
	}
}

// The sets that the header of the preset names.
func TestBinarizedMNISTAsInThePaper(t *testing.T) {
	c, err := Load("../configs/binarized_mnist.yaml", []string{"model.hidden=[8000, 8000]", "model.orders.count=32"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Model.Orders.Count != 32 || c.Model.Hidden[1] != 8000 {
		t.Errorf("got %+v", c.Model)
	}
}
