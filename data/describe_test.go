package data

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/janpfeifer/must"
)

func TestDescribe(t *testing.T) {
	s := &Splits{
		Train: &Set{Rows: 4, Dim: 2, X: []float32{1, 0, 1, 1, 1, 0, 1, 0}},
		Valid: &Set{Rows: 1, Dim: 2, X: []float32{0, 0}},
		Test:  &Set{Rows: 2, Dim: 2, X: []float32{1, 1, 0, 1}},
		Dim:   2, Source: "here",
	}
	d := Describe(s)
	if !d.Binary || d.Constant != 1 || d.Splits[0].Duplicates != 2 || d.Splits[2].InTrain != 1 || d.Splits[2].Mean != 0.75 || d.Splits[0].Rows != 4 {
		t.Errorf("%+v", d)
	}
	// p = (4+1)/(4+2), (1+1)/(4+2): test rows 11 and 01.
	if want := -(math.Log(5.0/6) + math.Log(1.0/6) + 2*math.Log(1.0/3)) / 2; math.Abs(d.IndependentNLL-want) > 1e-12 {
		t.Errorf("independent NLL %v, want %v", d.IndependentNLL, want)
	}
	s.Test.X[0] = -2.5
	d = Describe(s)
	if d.Binary || d.IndependentNLL != 0 || d.GaussianNLL != 0 || d.Splits[2].Min != -2.5 || d.Splits[2].Max != 1 {
		t.Errorf("%+v", d)
	}
}

// Columns of mean 1 and variance 1, and of mean 0 and variance 4; on test their
// mean squares about these means are 2 and 1.
func TestGaussianNLL(t *testing.T) {
	s := &Splits{
		Train: &Set{Rows: 2, Dim: 2, X: []float32{0, 2, 2, -2}},
		Valid: &Set{Rows: 1, Dim: 2, X: []float32{0, 0}},
		Test:  &Set{Rows: 2, Dim: 2, X: []float32{1, 1, 3, -1}},
		Dim:   2,
	}
	want := (math.Log(2*math.Pi) + 2 + math.Log(2*math.Pi*4) + 0.25) / 2
	if d := Describe(s); d.Binary || math.Abs(d.GaussianNLL-want) > 1e-12 {
		t.Errorf("Gaussian NLL %v, want %v", d.GaussianNLL, want)
	}
	// The entropy of a standard normal variable is ½ ln 2πe: 43 scores that are
	// not far from normal have no less than that, up to what the rows differ by.
	file := dataFile(t, "real/miniboone_test.npy")
	d := Describe(must.M1(Load(context.Background(), Options{Source: file})))
	if least := 43 * math.Log(2*math.Pi*math.E) / 2; d.Binary || d.GaussianNLL < least-10 || d.GaussianNLL > least+10 {
		t.Errorf("Gaussian NLL %v of scores, want about %v", d.GaussianNLL, least)
	}
}

// Rows are equal when all their values are, whatever their hash.
func TestRowIndexTellsRowsOfOneHashApart(t *testing.T) {
	s := &Set{Rows: 5, Dim: 1, X: []float32{1, 2, 3, 2, 1}}
	x := &rowIndex{set: s, last: map[uint64]int32{7: 3}, before: []int32{0, 1, 2, 0, 0}}
	for v, want := range map[float32]bool{1: true, 2: true, 3: true, 4: false} {
		if x.has(7, []float32{v}) != want || x.has(8, []float32{v}) {
			t.Errorf("row %v: %v", v, x.has(7, []float32{v}))
		}
	}
	if y := newRowIndex(s); y.distinct != 3 || y.count(&Set{Rows: 3, Dim: 1, X: []float32{3, 4, 1}}) != 2 {
		t.Errorf("%d distinct rows, want 3", y.distinct)
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
	must.M(json.Unmarshal(must.M1(os.ReadFile(dataFile(t, "binary/MANIFEST.json"))), &manifest))
	for name, want := range manifest {
		if testing.Short() && name == "binarized_mnist" {
			continue
		}
		s, err := Load(context.Background(), Options{Source: dataFile(t, "binary/"+name+".npz")})
		if err != nil {
			t.Error(err)
			continue
		}
		d := Describe(s)
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
