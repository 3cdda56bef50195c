package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
		c, err := Load(file, nil)
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
		preset, err := Load(file, nil)
		if err != nil {
			t.Error(err)
			return
		}
		for _, sets := range headerVariants(text) {
			count++
			c, err := Load(file, sets)
			if err != nil {
				t.Errorf("%s: %v", file, err)
			} else if Diff(preset, c) == nil {
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
	c, err := Load("../configs/binarized_mnist.yaml", []string{"model.hidden=[8000, 8000]", "model.orders.count=32"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Model.Orders.Count != 32 || c.Model.Hidden[1] != 8000 {
		t.Errorf("got %+v", c.Model)
	}
}

// What all runs of the MAF paper have in common (arXiv 1705.07057, section 4, and its code).
func TestPresetsOfTheMAFPaper(t *testing.T) {
	for _, name := range []string{"power", "gas", "hepmass", "miniboone", "bsds300", "mnist", "cifar10"} {
		file := "../configs/" + name + ".yaml"
		for _, sets := range [][]string{nil, {"model.layers=10"}, {"model.base=mog"}} {
			c, err := Load(file, sets)
			if err != nil {
				t.Fatal(err)
			}
			m, o := c.Model, c.Train.Optimizer
			if c.Data.Source != name || m.Type != "maf" || m.Transform != "affine" || m.Scale != "exp" || m.Permute != "reverse" ||
				m.Normalise != "batch" || m.Order.Name != "natural" || m.Init != "lecun" || m.Components != 0 && m.Components != 10 {
				t.Errorf("%s, %q: the data %+v and the model %+v are not the paper's", name, sets, c.Data, m)
			}
			if o != (Optimizer{Name: "adam", LearningRate: 1e-4, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 1e-6}) ||
				c.Train.Batch != 100 || c.Train.LookAhead != 30 || c.Train.MaxEpochs != 0 || c.Train.MaxSteps != 0 || c.Train.Schedule.Name != "constant" {
				t.Errorf("%s, %q: the training %+v is not the paper's", name, sets, c.Train)
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		outputs := map[string]bool{}
		for _, sets := range headerVariants(string(text)) {
			c, err := Load(file, sets)
			if err != nil || c.Model.Type != "made" {
				continue
			}
			outputs[c.Model.Output] = true
			maf, err := Load(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.Train.Optimizer.LearningRate != 1e-3 || listText(c.Model.Hidden) != listText(maf.Model.Hidden) ||
				c.Model.Activation != maf.Model.Activation || c.Model.Degrees != maf.Model.Degrees {
				t.Errorf("%s: the MADE of %q is not the one of the paper's layers", name, sets)
			}
		}
		if !outputs["gaussian"] || !outputs["mog"] {
			t.Errorf("%s: the header names the MADEs %v, want one of Gaussians and one of mixtures", name, outputs)
		}
	}
}

// The two autoencoders differ in nothing that both have but their posteriors.
func TestAutoencodersDifferInTheirPosteriors(t *testing.T) {
	flow, err := Load("../configs/vae_iaf.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	diagonal, err := Load("../configs/vae_diagonal.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Diff(flow, diagonal) {
		if d.Path != "name" && d.Path != "model.posterior" && d.B != "" {
			t.Errorf("they differ in %s", d)
		}
	}
	if flow.Model.Posterior != "iaf" || diagonal.Model.Posterior != "diagonal" {
		t.Errorf("the posteriors are %s and %s", flow.Model.Posterior, diagonal.Model.Posterior)
	}
}
