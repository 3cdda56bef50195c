package config_test

import (
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/train"
)

func TestWhatAModelDoesNotUse(t *testing.T) {
	for _, test := range []struct{ model, want string }{
		{"layers: 7", "made does not use layers"},
		{"type: maf, layers: 7", ""},
		{"type: vae, layers: 7", ""},
		{"type: vae, posterior: diagonal, layers: 7", "diagonal does not use layers"},
		{"type: vae, posterior: diagonal, hidden: []", "diagonal does not use hidden"},
		{"components: 7", "bernoulli does not use components"},
		{"output: mog, components: 7", ""},
		{"type: maf, components: 7", "normal does not use components"},
		{"type: maf, base: mog, components: 7", ""},
		{"type: iaf, components: 7", "iaf does not use components"},
		{"type: maf, direct: true", "maf does not use direct"},
		{"type: maf, orders: {count: 8}", "normal does not use count"},
		{"type: maf, transform: spline, scale: exp", "spline does not use scale"},
		{"type: maf, transform: spline, bins: 16, bound: 5", ""},
		{"type: iaf, bins: 16", "affine does not use bins"},
		{"bins: 16", "made does not use bins"},
		{"type: iaf, base: made", "iaf does not use base"},
		{"type: maf, stick_the_landing: true", "maf does not use stick_the_landing"},
		{"type: vae, posterior: diagonal, stick_the_landing: true, free_bits: 0.5, latent: 7, encoder: [], decoder: [11]", ""},
		{"type: vae, posterior: diagonal, context: 7", "diagonal does not use context"},
		{"type: vae, normalise: act", "vae does not use normalise"},
	} {
		got := problemsOf(t, "data: {source: banana}\nmodel: {"+test.model+"}\n")
		if test.want == "" {
			if got != nil {
				t.Errorf("%s: got %q, want nothing", test.model, got)
			}
			continue
		}
		if len(got) != 1 || !strings.Contains(got[0], ": "+test.want+" (") { // and what does use it
			t.Errorf("%s:\ngot  %q\nwant %q", test.model, got, test.want)
		}
	}
}

func TestWhatTrainingAndEvaluationDoNotUse(t *testing.T) {
	got := problemsOf(t, "data: {source: banana}\ntrain: {anneal: {from: 0.01, steps: 100}}\neval: {samples: 7, valid_samples: 3}\n")
	want := []string{
		"f.yaml:2:24: train.anneal.from: ",
		"f.yaml:2:37: train.anneal.steps: ",
		"f.yaml:3:17: eval.samples: ",
		"f.yaml:3:35: eval.valid_samples: ",
	}
	if !begin(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	got = problemsOf(t, "data: {source: banana}\nmodel: {type: maf}\neval: {valid_orders: 7}\n")
	if want := "f.yaml:3:22: eval.valid_orders: "; len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// The type is what an override changed, so the keys of the file that it leaves without a use are its fault.
func TestOverrideOfTheTypeIsAtFault(t *testing.T) {
	got := problemsOf(t, "data: {source: banana}\nmodel: {output: gaussian, direct: true}\n", "model.type=maf")
	want := []string{
		"--set model.type=maf: maf does not use output (remove output; it belongs to model.type made or nade)",
		"--set model.type=maf: maf does not use direct (remove direct; it belongs to model.type made or nade)",
	}
	if !begin(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDefaultsOfTheTypes(t *testing.T) {
	for typ, want := range map[string]map[string]string{
		"made": {"output": "bernoulli", "degrees": "sampled", "order": "random", "orders.count": "1", "init": "orthogonal", "layers": ""},
		"maf":  {"base": "normal", "layers": "5", "transform": "affine", "scale": "soft_clip", "normalise": "none", "degrees": "sequential", "order": "natural", "init": "lecun"},
		"iaf":  {"base": "", "layers": "5", "transform": "affine", "scale": "soft_clip", "permute": "reverse", "hidden": "[500]", "init": "lecun"},
		"vae":  {"latent": "32", "encoder": "[500]", "posterior": "iaf", "context": "64", "layers": "4", "transform": "gated", "normalise": "", "init": "lecun"},
	} {
		c := of(t, "model.type="+typ)
		paths := map[string]string{}
		for key, value := range want {
			paths["model."+key] = value
		}
		hasValues(t, c, paths)
		literal := &train.Config{}
		literal.Name, literal.Data.Source = "run", "banana"
		for _, k := range maskflow.Kinds() {
			if k.Name() == typ {
				literal.Model = k
			}
		}
		if err := literal.Resolve(); err != nil || config.Diff(c.Table(), literal.Table()) != nil {
			t.Errorf("%s in Go differs: %v, %v", typ, err, config.Diff(c.Table(), literal.Table()))
		}
	}
}
