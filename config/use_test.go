package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestWhatAModelDoesNotUse(t *testing.T) {
	for _, test := range []struct{ model, want string }{
		{"layers: 7", "made does not use layers (remove layers; it belongs to model.type maf or iaf, or model.posterior iaf)"},
		{"type: maf, layers: 7", ""},
		{"type: vae, layers: 7", ""},
		{"type: vae, posterior: diagonal, layers: 7", "diagonal does not use layers (remove layers; it belongs to model.type maf or iaf, or model.posterior iaf)"},
		{"type: vae, posterior: diagonal, hidden: []", "diagonal does not use hidden (remove hidden; it belongs to model.type made or maf or iaf, or model.posterior iaf)"},
		{"components: 7", "bernoulli does not use components (remove components; it belongs to model.output mog, or model.base mog)"},
		{"output: mog, components: 7", ""},
		{"type: maf, components: 7", "normal does not use components (remove components; it belongs to model.output mog, or model.base mog)"},
		{"type: maf, base: mog, components: 7", ""},
		{"type: iaf, components: 7", "iaf does not use components (remove components; it belongs to model.output mog, or model.base mog)"},
		{"type: maf, direct: true", "maf does not use direct (remove direct; it belongs to model.type made)"},
		{"type: maf, orders: {count: 8}", "maf does not use count (remove count; it belongs to model.type made)"},
		{"type: maf, transform: spline, scale: exp", "spline does not use scale (remove scale; it belongs to model.transform affine)"},
		{"type: maf, transform: spline, bins: 16, bound: 5", ""},
		{"type: iaf, bins: 16", "affine does not use bins (remove bins; it belongs to model.transform spline)"},
		{"bins: 16", "made does not use bins (remove bins; it belongs to model.transform spline)"},
		{"type: iaf, base: made", "iaf does not use base (remove base; it belongs to model.type maf)"},
		{"type: maf, stick_the_landing: true", "maf does not use stick_the_landing (remove stick_the_landing; it belongs to model.type iaf or vae)"},
		{"type: vae, posterior: diagonal, stick_the_landing: true, free_bits: 0.5, latent: 7, encoder: [], decoder: [11]", ""},
		{"type: vae, posterior: diagonal, context: 7", "diagonal does not use context (remove context; it belongs to model.posterior iaf)"},
		{"type: vae, normalise: act", "vae does not use normalise (remove normalise; it belongs to model.type maf or iaf)"},
	} {
		got := problemsOf(t, "data: {source: banana}\nmodel: {"+test.model+"}\n")
		if test.want == "" {
			if got != nil {
				t.Errorf("%s: got %q, want nothing", test.model, got)
			}
			continue
		}
		if len(got) != 1 || !strings.HasSuffix(got[0], ": "+test.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.model, got, test.want)
		}
	}
}

func TestWhatTrainingAndEvaluationDoNotUse(t *testing.T) {
	got := problemsOf(t, "data: {source: banana}\ntrain: {anneal: {from: 0.01, steps: 100}}\neval: {samples: 7, valid_samples: 3}\n")
	want := []string{
		"f.yaml:2:24: train.anneal.from: made does not use from (remove from; it belongs to model.type iaf or vae)",
		"f.yaml:2:37: train.anneal.steps: made does not use steps (remove steps; it belongs to model.type iaf or vae)",
		"f.yaml:3:17: eval.samples: made does not use samples (remove samples; it belongs to model.type vae)",
		"f.yaml:3:35: eval.valid_samples: made does not use valid_samples (remove valid_samples; it belongs to model.type vae)",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	got = problemsOf(t, "data: {source: banana}\nmodel: {type: maf}\neval: {valid_orders: 7}\n")
	if want := "f.yaml:3:22: eval.valid_orders: maf does not use valid_orders (remove valid_orders; it belongs to model.type made)"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// The type is what an override changed, so the keys of the file that it leaves without a use are its fault.
func TestOverrideOfTheTypeIsAtFault(t *testing.T) {
	got := problemsOf(t, "data: {source: banana}\nmodel: {output: gaussian, direct: true}\n", "model.type=maf")
	want := []string{
		"--set model.type=maf: maf does not use output (remove output; it belongs to model.type made)",
		"--set model.type=maf: maf does not use direct (remove direct; it belongs to model.type made)",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDefaultsOfTheTypes(t *testing.T) {
	for typ, want := range map[string]Model{
		"made": {
			Type: "made", Output: "bernoulli", Hidden: []int{500}, Activation: "relu", Degrees: "sampled", Order: Order{Name: "random"},
			Orders: Orders{Count: 1, Resample: "both"}, Init: "orthogonal",
		},
		"maf": {
			Type: "maf", Base: "normal", Layers: 5, Transform: "affine", Scale: "soft_clip", Permute: "reverse", Normalise: "none",
			Hidden: []int{500}, Activation: "relu", Degrees: "sequential", Order: Order{Name: "natural"}, Init: "lecun",
		},
		"iaf": {
			Type: "iaf", Layers: 5, Transform: "affine", Scale: "soft_clip", Permute: "reverse", Normalise: "none",
			Hidden: []int{500}, Activation: "relu", Degrees: "sequential", Order: Order{Name: "natural"}, Init: "lecun",
		},
		"vae": {
			Type: "vae", Latent: 32, Encoder: []int{500}, Decoder: []int{500}, Posterior: "iaf", Context: 64, Layers: 4,
			Transform: "gated", Permute: "reverse",
			Hidden: []int{500}, Activation: "relu", Degrees: "sequential", Order: Order{Name: "natural"}, Init: "lecun",
		},
	} {
		c, err := Parse("f.yaml", []byte("data: {source: banana}\nmodel: {type: "+typ+"}\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.Model, want) {
			t.Errorf("%s: got  %+v\nwant %+v", typ, c.Model, want)
		}
		literal := Config{Model: Model{Type: typ}}
		literal.Resolve()
		if !reflect.DeepEqual(literal.Model, want) {
			t.Errorf("%s in Go: got  %+v\nwant %+v", typ, literal.Model, want)
		}
		wantSamples, wantValid := 0, 0
		if typ == "vae" {
			wantSamples, wantValid = 128, 1
		}
		if c.Eval.Samples != wantSamples || c.Eval.ValidSamples != wantValid {
			t.Errorf("%s: %d samples and %d in validation, want %d and %d", typ, c.Eval.Samples, c.Eval.ValidSamples, wantSamples, wantValid)
		}
	}
}

func TestReadsTheKeysOfFlows(t *testing.T) {
	c, err := Parse("abc.yaml", []byte(`
data: {source: real/winequality-white.csv, drop_columns: [quality, 3, 0x10], fold: 2, folds: 10, dequantise: 256, logit: 1e-6, standardise: true}
model:
  type: iaf
  layers: 7
  transform: spline
  bins: 16
  bound: 5
  permute: lu
  normalise: act
  residual: true
  hidden: [64, 64]
  stick_the_landing: true
train:
  anneal: {from: 0.01, steps: 1000}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Name: "abc",
		Data: Data{
			Source: "real/winequality-white.csv", DropColumns: []string{"quality", "3", "16"}, Fold: 2, Folds: 10,
			Dequantise: 256, Logit: 1e-6, Standardise: true,
		},
		Model: Model{
			Type: "iaf", Layers: 7, Transform: "spline", Bins: 16, Bound: 5, Permute: "lu", Normalise: "act",
			Residual: true, Hidden: []int{64, 64}, StickTheLanding: true,
		},
		Train: Train{LookAhead: 30, Anneal: Anneal{From: 0.01, Steps: 1000}},
	}
	want.Resolve()
	if !reflect.DeepEqual(*c, want) {
		t.Errorf("got  %+v\nwant %+v", *c, want)
	}
}
