package data

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/janpfeifer/must"
)

func TestDescribe(t *testing.T) {
	s := &Splits{
		Train: &Prepared{Rows: 4, Dim: 2, X: []float32{1, 0, 1, 1, 1, 0, 1, 0}},
		Valid: &Prepared{Rows: 1, Dim: 2, X: []float32{0, 0}},
		Test:  &Prepared{Rows: 2, Dim: 2, X: []float32{1, 1, 0, 1}},
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

// A value beyond float32 has figures all the same: JSON has no infinite ones.
func TestDescribeIsFinite(t *testing.T) {
	prep := NewPreparation(1, 0, &Scale{Mean: []float64{0}, SD: []float64{100}})
	prep.own = 1
	few := &Prepared{Rows: 2, Dim: 1, X: []float32{0, 1}}
	s := &Splits{Train: few, Valid: few, Test: &Prepared{Rows: 1, Dim: 1, X: []float32{math.MaxFloat32}, LogDet: math.Inf(-1)}, Dim: 1, Prep: prep}
	if _, err := json.Marshal(Describe(s)); err != nil {
		t.Error(err)
	}
}

// The range is that of the source: float32 would have rounded it.
func TestDescribeHasTheRangeOfTheSource(t *testing.T) {
	rows := &Table{}
	for i := range 100 {
		rows.Append([]float64{1.7e9 + float64(i)/8})
	}
	d := Describe(must.M1(Split(rows, Options{Standardise: true})))
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range d.Splits {
		low, high = min(low, s.Min), max(high, s.Max)
	}
	if low != 1.7e9 || high != 1.7e9+99./8 {
		t.Errorf("from %v to %v", low, high)
	}
}

// Columns of mean 1 and variance 1, and of mean 0 and variance 4; on test their
// mean squares about these means are 2 and 1.
func TestGaussianNLL(t *testing.T) {
	s := &Splits{
		Train: &Prepared{Rows: 2, Dim: 2, X: []float32{0, 2, 2, -2}},
		Valid: &Prepared{Rows: 1, Dim: 2, X: []float32{0, 0}},
		Test:  &Prepared{Rows: 2, Dim: 2, X: []float32{1, 1, 3, -1}},
		Dim:   2,
	}
	want := (math.Log(2*math.Pi) + 2 + math.Log(2*math.Pi*4) + 0.25) / 2
	if d := Describe(s); d.Binary || math.Abs(d.GaussianNLL-want) > 1e-12 {
		t.Errorf("Gaussian NLL %v, want %v", d.GaussianNLL, want)
	}
}

// Whatever the steps of the source and of the model, the figure is in the units of the
// source: here of levels 0 to 3 with uniform noise, of variance 5/4 + 1/12.
func TestGaussianNLLIsInUnitsOfTheSource(t *testing.T) {
	want := 3 * math.Log(2*math.Pi*math.E*(5./4+1./12)) / 2
	for _, o := range []Options{{Dequantize: 4}, {Dequantize: 4, Logit: 0.05, Standardise: true}} {
		s, err := Split(levels(6400), o)
		if err != nil {
			t.Fatal(err)
		}
		if d := Describe(s); math.Abs(d.GaussianNLL-want) > 0.2 { // test has 64 rows in all, each with one noise
			t.Errorf("%+v: Gaussian NLL %v, want about %v", o, d.GaussianNLL, want)
		}
	}
}
