package baseline_test

import (
	"math"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
)

// The rows that training does not have are averaged by their weights, those without a likelihood are left out.
func TestOfTwins(t *testing.T) {
	x := must.M1(data.FromFlat([]float64{1, 2, 1, 3, 2, 5, 7, 9}, 1, "x"))
	part := func(rows ...int) data.Part { return data.Part{Table: x, Rows: rows} }
	s := must.M1(data.Prepare(data.Source{Train: part(0, 1), Valid: part(2), Test: part(2, 3, 4, 5, 6), Plain: true}, data.Options{Source: data.InMemory}))
	s.Test.Weights = []float64{1, 2, 3, 1, 1}
	got := must.M1(baseline.OfTwins(s, s.Test, []float64{-1, -2, -1, -5, math.NaN()}))
	if got == nil || got.Rows != 2 || math.Abs(got.Share-0.5) > 1e-12 || math.Abs(float64(got.NLL)-3) > 1e-12 {
		t.Errorf("%+v, want 2 rows of share 0.5 and 3 nats of the others", got)
	}
	if said := got.String(); !strings.Contains(said, "50% of the rows are in training, too: the others have 3.0") {
		t.Errorf("said %q", said)
	}
	if _, err := baseline.OfTwins(s, s.Test, []float64{1}); err == nil {
		t.Error("one number for five rows was taken")
	}
	s.Test = must.M1(s.Prep.Apply(must.M1(data.FromFlat([]float64{11, 12}, 1, "x"))))
	if got := must.M1(baseline.OfTwins(s, s.Test, []float64{1, 1})); got != nil {
		t.Errorf("%+v of rows without twins", got)
	}
}

func TestDisagreement(t *testing.T) {
	for _, c := range []struct {
		valid, valid2SE, test, test2SE float64
		want                           bool
	}{
		{1, 0.3, 1.4, 0.4, false},
		{1, 0.3, 1.6, 0.4, true},
		{1.6, 0.3, 1, 0.4, true},
		{1, 0, 9, 0.4, false}, // no error is known
		{1, math.NaN(), 9, 0.4, false},
		{1, 0.1, math.Inf(1), math.NaN(), false},
	} {
		if got := baseline.Disagreement(c.valid, c.valid2SE, c.test, c.test2SE); (got != "") != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
