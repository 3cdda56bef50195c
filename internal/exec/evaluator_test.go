package exec

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/nade"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

// The last batch of a density that takes a pass for each variable is not filled up with rows that nobody asked for,
// and the rows in it have the likelihoods that they have among others.
func TestLastBatch(t *testing.T) {
	m, err := nade.New(nade.Options{Dim: 3, Hidden: []int{7, 5}})
	if err != nil {
		t.Fatal(err)
	}
	x := models.Normal(1)(rand.New(rand.NewPCG(3, 5)), []int{41, 3})
	for i, v := range x {
		if x[i] = 0; v > 0 {
			x[i] = 1
		}
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		of := func(batch int) []float64 {
			e, err := NewEvaluator(b, m, batch)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			params := Parameters(m, models.Initialize(m, 1))
			defer Finalize(params)
			logp, err := e.LogProb(t.Context(), params, x, nil, Ensemble{Sets: m.Cycle().Eval(2)})
			if err != nil {
				t.Fatal(err)
			}
			return logp
		}
		whole := of(41)
		for i, got := range of(16) {
			if math.Abs(got-whole[i]) > 1e-5 {
				t.Errorf("row %d: ln p is %v, among all rows %v", i, got, whole[i])
			}
		}
		e, err := NewEvaluator(b, m, 16)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for n, want := range map[int]int{1: 2, 2: 2, 9: 10, 15: 16, 16: 16} {
			if got := e.size(n); got != want {
				t.Errorf("%d rows of batches of 16 are computed as %d, want %d", n, got, want)
			}
		}
		once, err := made.New(made.Options{Dim: 3})
		if err != nil {
			t.Fatal(err)
		}
		if e, err = NewEvaluator(b, once, 16); err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if got := e.size(9); got != 16 {
			t.Errorf("9 rows of one pass are computed as %d, want 16", got)
		}
	})
}

// A flow over a density of any order takes as many passes, and no cell that is not known: of its base nothing is known then.
func TestFlowOfAnyOrder(t *testing.T) {
	m, err := maf.NewDrawn(maf.Options{Dim: 2, Layers: 1, Hidden: []int{5}})
	if err != nil {
		t.Fatal(err)
	}
	b := backendtest.Open(t, backend.KindGo)
	e, err := NewEvaluator(b, m, 16)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if got := e.size(9); got != 10 {
		t.Errorf("9 rows are computed as %d, want 10", got)
	}
	params := Parameters(m, models.Initialize(m, 1))
	defer Finalize(params)
	rows := []float32{0, 0, 0.5, models.NotKnown}
	var lost *NotKnownError
	if _, err = e.LogProb(t.Context(), params, rows, nil, Ensemble{Sets: m.Cycle().Eval(2)}); !errors.As(err, &lost) || lost.Row != 1 || lost.Variable != 1 {
		t.Errorf("a cell that is not known: %v", err)
	}
}
