package posterior_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/posterior"
)

// normals are rows of two normal numbers, of which the first has a mean.
func normals(n int, mean float64, seed uint64) (x []float32) {
	rng := rand.New(rand.NewPCG(seed, 2))
	for range n {
		x = append(x, float32(rng.NormFloat64()+mean), float32(rng.NormFloat64()))
	}
	return x
}

// The best classifier of two normals δ apart is right with probability Φ(δ/2).
func TestC2STOfNormals(t *testing.T) {
	for _, c := range []struct {
		kind  string
		rows  int
		delta float64
	}{{backend.KindGo, 400, 0}, {backend.KindGo, 800, 1}, {backend.KindXLA, 800, 2}} {
		t.Run(fmt.Sprintf("%s, %v apart", c.kind, c.delta), func(t *testing.T) {
			got, err := posterior.C2ST(t.Context(), backendtest.Open(t, c.kind), normals(c.rows, 0, 1), normals(c.rows, c.delta, 2), 2, 1)
			want := 0.5 * math.Erfc(-c.delta/2/math.Sqrt2)
			error3SE := 3 * 0.5 / math.Sqrt(float64(2*c.rows))
			if t.Logf("%.4f, %.4f", got, want); err != nil || math.Abs(got-want) > error3SE {
				t.Errorf("%.4f, want %.4f (error %v)", got, want, err)
			}
		})
	}
}

// Sets of other scales are told apart, which no single threshold does.
func TestC2STOfScales(t *testing.T) {
	wide := normals(500, 0, 2)
	for i := range wide {
		wide[i] *= 3
	}
	if got, err := posterior.C2ST(t.Context(), backendtest.Open(t, backend.KindGo), normals(500, 0, 1), wide, 2, 1); err != nil || got < 0.75 {
		t.Errorf("%.4f of deviations 1 and 3 (error %v)", got, err)
	}
}

func TestC2STRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	good, bad := normals(20, 0, 1), normals(20, 0, 2)
	bad[7] = float32(math.NaN())
	constant := normals(20, 0, 3)
	for i := 1; i < len(constant); i += 2 {
		constant[i] = 4
	}
	for _, c := range []struct {
		name      string
		reference []float32
		samples   []float32
		dim       int
		want      string
	}{
		{"no samples", good, nil, 2, "not two sets"}, {"no dimension", good, good, 0, "not two sets"}, {"half a row", good, good[:39], 2, "not two sets"},
		{"NaN", good, bad, 2, "row 23 of the sets"}, {"one value", constant, good, 2, "column 1 of the reference"},
	} {
		if _, err := posterior.C2ST(t.Context(), b, c.reference, c.samples, c.dim, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Two sets that are far apart are told from each other on every row.
func ExampleC2ST() {
	b, err := backend.Open(context.Background(), "go", backend.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	accuracy, err := posterior.C2ST(context.Background(), b, normals(500, 0, 1), normals(500, 6, 2), 2, 1)
	fmt.Printf("%.1f %v\n", accuracy, err)
	// Output: 1.0 <nil>
}
