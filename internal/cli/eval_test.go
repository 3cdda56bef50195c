package cli

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/vae"
)

// figuresFor are those of a model of the data that a configuration names.
func figuresFor(t *testing.T, d models.Definition, shape []int, logit float64) figures {
	t.Helper()
	c := &maskflow.Config{Eval: maskflow.Estimation{ValidSamples: 1}}
	c.Data.Logit = logit
	return figuresOf(c, d, shape)
}

func newModel[M models.Definition](t *testing.T) func(M, error) M {
	return func(m M, err error) M {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func TestFiguresOfAnEvaluation(t *testing.T) {
	real := newModel[*made.Model](t)(made.New(made.Options{Dim: 4, Output: "gaussian", Hidden: []int{}, Degrees: "sequential", Start: "natural"}))
	bits := newModel[*made.Model](t)(made.New(made.Options{Dim: 4, Hidden: []int{}, Degrees: "sequential", Start: "natural"}))
	vae := newModel[*vae.Model](t)(vae.New(vae.Options{Dim: 4, Posterior: "diagonal"}))
	kl := 0.0156
	for name, tt := range map[string]struct {
		f    figures
		e    maskflow.Evaluation
		want string
	}{
		"bits": {figuresFor(t, bits, []int{2, 2}, 0), maskflow.Evaluation{Rows: 9, Dim: 4, NLL: 2.5, NLL2SE: 0.25, NLLModel: 2.5, Orders: 1},
			"NLL 2.50 ± 0.25 nats a row (2 standard errors, 1 order)\n"},
		"grey images": {figuresFor(t, real, []int{2, 2}, 0), maskflow.Evaluation{Rows: 9, Dim: 4, NLL: 8 * math.Ln2, NLL2SE: 4 * math.Ln2, NLLModel: -3, NLLModel2SE: 4 * math.Ln2, Orders: 1},
			"NLL 5.55 ± 2.77 nats a row (2 standard errors, 1 order)\nNLL in model space (published tables) -3.00 ± 2.77 nats a row\n2.00 ± 1.00 bits/dim\n"},
		"one row": {figuresFor(t, bits, nil, 0), maskflow.Evaluation{Rows: 1, Dim: 4, NLL: 2.5, NLL2SE: math.NaN(), NLLModel: 2.5, Orders: 1},
			"NLL 2.50 nats a row (1 order)\n"},
		"far rows alone": {figuresFor(t, real, nil, 0), maskflow.Evaluation{Rows: 2, Dim: 4, NLL: math.Inf(1), NLLOthers: math.NaN(), NLL2SE: math.NaN(), NLLModel: math.Inf(1), Orders: 2,
			BadRows: 2, FirstBad: "line 2 of d.csv"}, "NLL Inf nats a row (2 orders)\nno row has a likelihood, the first is line 2 of d.csv\n"},
		"far rows": {figuresFor(t, real, nil, 0), maskflow.Evaluation{Rows: 9, Dim: 4, NLL: math.Inf(1), NLLOthers: 5, NLL2SE: 0.5, NLLModel: math.Inf(1), Orders: 1,
			BadRows: 1, FirstBad: "line 7 of d.csv"},
			"NLL Inf (5.00 ± 0.50 without 1 row) nats a row (2 standard errors, 1 order)\n1 row of 9 without a likelihood, the first is line 7 of d.csv; other figures are of the other rows\n"},
		"behind logits": {figuresFor(t, real, nil, 0.01), maskflow.Evaluation{Rows: 9, Dim: 4, NLL: 5, NLL2SE: 0.5, NLLModel: -3, NLLModel2SE: 0.25, Orders: 1},
			"NLL 5.00 ± 0.50 nats a row (2 standard errors, 1 order)\nNLL in model space (published tables) -3.00 ± 0.25 nats a row\n"},
		"autoencoder": {figuresFor(t, vae, nil, 0), maskflow.Evaluation{Rows: 9, Dim: 4, NLL: 90, NLL2SE: 0.5, NLLModel: 90, Orders: 1, Samples: 7, NegELBO: 95, NegELBO2SE: 0.25},
			"−ELBO 95.00 ± 0.25, importance-weighted NLL 90.00 ± 0.50 nats a row (2 standard errors, 7 samples)\n"},
		"target": {figuresFor(t, real, nil, 0), maskflow.Evaluation{Rows: 1000, Dim: 2, Samples: 1, NegELBO: -1.8, NegELBO2SE: 0.002, KL: &kl},
			"KL(q‖p) 0.016 ± 0.002 nats (2 standard errors, 1000 samples)\n"},
	} {
		if got := tt.f.text([]maskflow.Evaluation{tt.e}); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	several := figuresFor(t, real, []int{2, 2}, 0).text([]maskflow.Evaluation{
		{Rows: 9, Dim: 4, NLL: 6, NLL2SE: 0.5, NLLModel: -2, Orders: 1}, {Rows: 9, Dim: 4, NLL: 8 * math.Ln2, NLL2SE: 4 * math.Ln2, NLLModel: -3, NLLModel2SE: 4 * math.Ln2, Orders: 2},
	})
	if want := "\nNLL in model space (published tables) -3.00 ± 2.77 nats a row\n2.00 ± 1.00 bits/dim\n"; !strings.HasSuffix(several, want) || strings.Count(several, "\n") != 5 {
		t.Errorf("of several ensembles: %q", several)
	}
	if got := figuresFor(t, vae, nil, 0).valid; got != "−ELBO" {
		t.Errorf("one draw a row in validation is %q", got)
	}
	many := figuresOf(&maskflow.Config{Eval: maskflow.Estimation{ValidSamples: 2}}, vae, nil)
	if got, plain := many.valid, figuresFor(t, bits, nil, 0).valid; got != "importance-weighted NLL" || plain != "NLL" {
		t.Errorf("%q, %q", got, plain)
	}
}

// JSON has a key only where the model has the figure.
func TestJSONOfAnEvaluation(t *testing.T) {
	real := newModel[*made.Model](t)(made.New(made.Options{Dim: 4, Output: "gaussian", Hidden: []int{}, Degrees: "sequential", Start: "natural"}))
	keys := func(f figures, e maskflow.Evaluation) map[string]any {
		text, err := json.Marshal(f.json(e, "test"))
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := keys(figuresFor(t, real, []int{2, 2}, 0), maskflow.Evaluation{Dim: 4, NLL: 8 * math.Ln2, NLLModel: 1})
	if bits, ok := v["bits_per_dim"].(float64); !ok || math.Abs(bits-2) > 1e-12 || v["nll_model"] != 1.0 || v["kl"] != nil || v["samples"] != nil {
		t.Errorf("%v", v)
	}
	kl := 0.0
	v = keys(figuresFor(t, real, nil, 0), maskflow.Evaluation{Dim: 4, Samples: 1, KL: &kl})
	if v["kl"] != 0.0 || v["neg_elbo"] != 0.0 || v["bits_per_dim"] != nil {
		t.Errorf("%v", v)
	}
}
