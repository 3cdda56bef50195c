package nn

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// chain is a network without hidden layers in which every variable is the one
// before it in the order, times a slope, plus one: variable k is 1 + … + slopeᵏ,
// and information moves by one variable a pass.
func chain(t *testing.T, order masks.Order, slope float32) (*Host, Emit) {
	t.Helper()
	dim := len(order)
	d := Dense{From: dim, To: dim, Weights: make([]float32, dim*dim), Bias: make([]float32, dim)}
	sequence := order.Sequence()
	for k, i := range sequence[1:] {
		d.Weights[sequence[k]*dim+i] = slope
	}
	activation, _ := ActivationByName("")
	host := newHost(hostSpec{Order: order, Units: masks.Natural(dim).Sequence(), Outputs: masks.Natural(dim).Sequence(), Layers: []Dense{d}, Activation: activation})
	return host, func(_, _ int, params []float32, _ int, x []float32) {
		for i := range x {
			x[i] = params[i] + 1
		}
	}
}

// Jacobi knows after pass p the first p variables of the order; so a chain of D
// takes D passes, fewer are an error that says how many are needed, and more are
// never made.
func TestJacobiKnowsAVariableMoreAfterEachPass(t *testing.T) {
	const rows = 3
	order := masks.Order{3, 1, 4, 7, 5, 2, 6}
	dim := len(order)
	host, emit := chain(t, order, 1)
	for most := range dim + 3 {
		x := make([]float32, rows*dim)
		passes, err := host.Walk(context.Background(), x, rows, nil, models.Solver{Method: models.Jacobi, MaxPasses: most}, emit)
		made := most
		if most == 0 || most > dim {
			made = dim
		}
		if passes != made {
			t.Errorf("at most %d passes: %d were made, want %d", most, passes, made)
		}
		if short := made < dim; (err != nil) != short || short && !strings.Contains(err.Error(), "allow more, up to 7") {
			t.Errorf("at most %d passes: the error is %v", most, err)
		}
		for r := range rows {
			for k, i := range order.Sequence()[:made] {
				if x[r*dim+i] != float32(k+1) {
					t.Errorf("at most %d passes: variable %d of the order is %v in row %d, want %d", most, k, x[r*dim+i], r, k+1)
				}
			}
		}
	}
}

// With a contraction a tolerance ends Jacobi early and close by: what a pass has
// left is at most slope/(1−slope) of what it changed. Without one it goes on to
// the bits of the other methods.
func TestJacobiEndsAtItsTolerance(t *testing.T) {
	const rows, dim, slope = 41, 37, 0.1
	host, emit := chain(t, masks.Reversed(dim), slope)
	walk := func(s models.Solver) ([]float32, int) {
		x := make([]float32, rows*dim)
		passes, err := host.Walk(context.Background(), x, rows, nil, s, emit)
		if err != nil {
			t.Fatal(err)
		}
		return x, passes
	}
	exact, _ := walk(models.Solver{Method: models.Sequential})
	before := dim + 1
	for _, tolerance := range []float64{0, 1e-5, 1e-3, 0.2} {
		x, passes := walk(models.Solver{Method: models.Jacobi, Tolerance: tolerance})
		// Pass p changes values near 1/(1−slope) by slope^(p−1).
		if want := 1 + math.Ceil(math.Log(tolerance*(1+1/(1-slope)))/math.Log(slope)); tolerance > 0 && float64(passes) != want {
			t.Errorf("tolerance %v: %d passes, want %v", tolerance, passes, want)
		}
		if passes >= before {
			t.Errorf("tolerance %v: %d passes, and %d for a smaller one", tolerance, passes, before)
		}
		before = passes
		for i, want := range exact {
			off := math.Abs(float64(x[i] - want))
			if off > tolerance*(1+1/(1-slope))*slope/(1-slope)+1e-6 {
				t.Fatalf("tolerance %v: value %d is %v, want %v", tolerance, i, x[i], want)
			}
		}
		if tolerance == 0 && firstDifference(x, exact) >= 0 {
			t.Errorf("without a tolerance the bits differ from the sequential ones")
		}
	}
	// Enough passes for the tolerance, but not for the exact solution.
	if _, err := host.Walk(context.Background(), make([]float32, dim), 1, nil, models.Solver{Method: models.Jacobi, Tolerance: 1e-3, MaxPasses: 6}, emit); err != nil {
		t.Errorf("6 passes for a tolerance of 1e-3: %v", err)
	}
	if _, err := host.Walk(context.Background(), make([]float32, dim), 1, nil, models.Solver{Method: models.Jacobi, MaxPasses: 4}, emit); err == nil {
		t.Errorf("4 passes are exact")
	}
}

// The other methods have nothing to tolerate and no passes to save.
func TestToleranceIsForJacobi(t *testing.T) {
	const dim = 7
	host, emit := chain(t, masks.Natural(dim), 1)
	for _, method := range []models.Method{models.Incremental, models.Sequential} {
		x := make([]float32, dim)
		if _, err := host.Walk(context.Background(), x, 1, nil, models.Solver{Method: method, Tolerance: 10, MaxPasses: 1}, emit); err != nil {
			t.Errorf("method %d: %v", method, err)
		}
		if !slices.Equal(x, []float32{1, 2, 3, 4, 5, 6, 7}) {
			t.Errorf("method %d: %v", method, x)
		}
	}
}

func TestWalkRefusesASolverThatDoesNotExist(t *testing.T) {
	host, emit := chain(t, masks.Natural(3), 1)
	tests := []struct {
		method    models.Method
		passes    int
		tolerance float64
		want      string
	}{
		{-1, 0, 0, "unknown method -1"}, {3, 0, 0, "unknown method 3"}, {2, -1, 0, "at most -1 passes"},
		{2, 0, -1e-3, "a tolerance of -0.001"}, {2, 0, math.NaN(), "a tolerance of NaN"},
	}
	for _, c := range tests {
		if _, err := host.Walk(context.Background(), make([]float32, 3), 1, nil, models.Solver{Method: c.method, Tolerance: c.tolerance, MaxPasses: c.passes}, emit); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("method %d, tolerance %v, %d passes: the error is %v, want %q", c.method, c.tolerance, c.passes, err, c.want)
		}
	}
}

// What computes a variable may be anybody's code: its panic is an error of Walk,
// whichever of the goroutines it is in, and ends the others.
func TestWalkReturnsThePanicOfEmit(t *testing.T) {
	const rows, dim = 1000, 7
	host, _ := chain(t, masks.Natural(dim), 1)
	for _, method := range methods {
		_, err := host.Walk(context.Background(), make([]float32, rows*dim), rows, nil, models.Solver{Method: method},
			func(d, row int, params []float32, _ int, x []float32) {
				if d == 3 && row > rows/2 {
					panic("the transformer is broken")
				}
			})
		if err == nil || !strings.Contains(err.Error(), "the transformer is broken") {
			t.Errorf("method %d: the error is %v", method, err)
		}
	}
}
