package source

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

func TestGaussianNLLOfScores(t *testing.T) {
	// The entropy of a standard normal variable is ½ ln 2πe: 43 scores that are
	// not far from normal have no less than that, up to what the rows differ by.
	file := datatest.File(t, "real/miniboone_test.npy")
	d := data.Describe(must.M1(Load(context.Background(), data.Options{Source: file})))
	if least := 43 * math.Log(2*math.Pi*math.E) / 2; d.Binary || d.GaussianNLL < least-10 || d.GaussianNLL > least+10 {
		t.Errorf("Gaussian NLL %v of scores, want about %v", d.GaussianNLL, least)
	}
}

// The manifest of the binary data sets gives, from another program, what
// independent Bernoulli columns score on test, and the mean of each split.
func TestIndependentNLLOfBinarySets(t *testing.T) {
	type split struct {
		Shape []int   `json:"shape"`
		Mean  float64 `json:"mean"`
	}
	var manifest map[string]struct {
		Train, Valid, Test split
		LL                 float64 `json:"indep_bernoulli_test_ll"`
	}
	must.M(json.Unmarshal(must.M1(os.ReadFile(datatest.File(t, "binary/MANIFEST.json"))), &manifest))
	for name, want := range manifest {
		if testing.Short() && name == "binarized_mnist" {
			continue
		}
		s, err := Load(context.Background(), data.Options{Source: datatest.File(t, "binary/"+name+".npz")})
		if err != nil {
			t.Error(err)
			continue
		}
		d := data.Describe(s)
		if !d.Binary || math.Abs(d.IndependentNLL+want.LL) > 1e-4 {
			t.Errorf("%s: independent NLL %v, want %v", name, d.IndependentNLL, -want.LL)
		}
		for k, w := range []split{want.Train, want.Valid, want.Test} {
			if got := d.Splits[k]; got.Rows != w.Shape[0] || d.Dim != w.Shape[1] || math.Abs(got.Mean-w.Mean) > 1e-6 {
				t.Errorf("%s %s: %d rows of %d, mean %v, want %v, %v", name, got.Split, got.Rows, d.Dim, got.Mean, w.Shape, w.Mean)
			}
		}
	}
}
