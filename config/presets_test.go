package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/train"
)

// presets calls visit with the path and the text of every preset.
func presets(t *testing.T, visit func(file, text string)) {
	t.Helper()
	files, err := filepath.Glob("../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no presets (%v)", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		visit(file, string(text))
	}
}

func TestPresets(t *testing.T) {
	presets(t, func(file, text string) {
		base := filepath.Base(file)
		c, err := train.LoadConfig(file, nil)
		if err != nil {
			t.Error(err)
			return
		}
		if c.Name+".yaml" != base {
			t.Errorf("%s has the name %s", base, c.Name)
		}
		for _, header := range []string{"# Published: ", "# Run: maskflow train configs/" + base + "\n"} {
			if !strings.Contains(text, header) {
				t.Errorf("%s does not say %q", base, header)
			}
		}
	})
}

// setFlags finds the overrides in a line of a header, with or without the shell's quotes.
var setFlags = regexp.MustCompile(`--set (?:'([^']*)'|(\S+))`)

// headerVariants returns the overrides that the header of a preset names. Those of one run stand together: a line that begins with
// --set goes on with the line above.
func headerVariants(text string) [][]string {
	var all [][]string
	open := false
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		var sets []string
		for _, m := range setFlags.FindAllStringSubmatch(line, -1) {
			sets = append(sets, m[1]+m[2])
		}
		goesOn := open && strings.HasPrefix(strings.TrimLeft(line, "# "), "--set")
		open = sets != nil
		switch {
		case goesOn:
			all[len(all)-1] = append(all[len(all)-1], sets...)
		case open:
			all = append(all, sets)
		}
	}
	return all
}

func TestVariantsInTheHeadersOfPresets(t *testing.T) {
	count := 0
	presets(t, func(file, text string) {
		preset, err := train.LoadConfig(file, nil)
		if err != nil {
			t.Error(err)
			return
		}
		for _, sets := range headerVariants(text) {
			count++
			c, err := train.LoadConfig(file, sets)
			if err != nil {
				t.Errorf("%s: %v", file, err)
			} else if config.Diff(preset.Table(), c.Table()) == nil {
				t.Errorf("%s: %q changes nothing", file, sets)
			}
		}
	})
	if count == 0 {
		t.Error("no header names a variant")
	}
}

// The sets that the header of the preset names.
func TestBinarizedMNISTAsInThePaper(t *testing.T) {
	c, err := train.LoadConfig("../configs/binarized_mnist.yaml", []string{"model.hidden=[8000, 8000]", "model.orders.count=32"})
	if err != nil {
		t.Fatal(err)
	}
	hasValues(t, c, map[string]string{"model.hidden": "[8000, 8000]", "model.orders.count": "32"})
}

// What all runs of the MAF paper have in common (arXiv 1705.07057, section 4, and its code).
func TestPresetsOfTheMAFPaper(t *testing.T) {
	for _, name := range []string{"power", "gas", "hepmass", "miniboone", "bsds300", "mnist", "cifar10"} {
		file := "../configs/" + name + ".yaml"
		for _, sets := range [][]string{nil, {"model.layers=10"}, {"model.base=mog"}} {
			c, err := train.LoadConfig(file, sets)
			if err != nil {
				t.Fatal(err)
			}
			hasValues(t, c, map[string]string{"data.source": name, "model.type": "maf", "model.transform": "affine", "model.scale": "exp",
				"model.permute": "reverse", "model.normalise": "batch", "model.order": "natural", "model.init": "lecun",
				"train.optimizer.name": "adam", "train.optimizer.learning_rate": "0.0001", "train.optimizer.beta1": "0.9", "train.optimizer.beta2": "0.999",
				"train.optimizer.epsilon": "1e-8", "train.optimizer.weight_decay": "1e-6", "train.batch": "100", "train.look_ahead": "30",
				"train.max_epochs": "0", "train.max_steps": "0", "train.schedule.name": "constant"})
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		outputs := map[string]bool{}
		for _, sets := range headerVariants(string(text)) {
			c, err := train.LoadConfig(file, sets)
			if err != nil || c.Model.Name() != "made" {
				continue
			}
			made := values(t, c)
			outputs[made["model.output"]] = true
			maf, err := train.LoadConfig(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			layers := values(t, maf)
			hasValues(t, c, map[string]string{"train.optimizer.learning_rate": "0.001", "model.hidden": layers["model.hidden"],
				"model.activation": layers["model.activation"], "model.degrees": layers["model.degrees"]})
		}
		if !outputs["gaussian"] || !outputs["mog"] {
			t.Errorf("%s: the header names the MADEs %v, want one of Gaussians and one of mixtures", name, outputs)
		}
	}
}

// The two autoencoders differ in nothing that both have but their posteriors.
func TestAutoencodersDifferInTheirPosteriors(t *testing.T) {
	flow, err := train.LoadConfig("../configs/vae_iaf.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	diagonal, err := train.LoadConfig("../configs/vae_diagonal.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range config.Diff(flow.Table(), diagonal.Table()) {
		if d.Path != "name" && d.Path != "model.posterior" && d.B != "" {
			t.Errorf("they differ in %s", d)
		}
	}
	hasValues(t, flow, map[string]string{"model.posterior": "iaf"})
	hasValues(t, diagonal, map[string]string{"model.posterior": "diagonal"})
}
