package posterior_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/posterior"
)

// sklearnC2ST are the figures of the benchmark's two-sample test (scikit-learn 1.9.1) for the pairs that pairOf draws.
var sklearnC2ST = []float64{0.4635, 0.482, 0.502, 0.517, 0.5995, 0.567, 0.563, 0.5055, 0.693, 0.6365, 0.602, 0.5355, 0.763, 0.6885, 0.685, 0.641, 0.844, 0.738, 0.7035, 0.716}

const pairRows = 1000

// pairOf draws two sets of rows that differ in the mean, the scale, the correlation or the number of modes, more for a larger i.
func pairOf(i int) (reference, samples []float32, dim int) {
	rng := rand.New(rand.NewPCG(uint64(i), 11))
	dim = 2 + i%4
	by := float64(i/4) / 2
	for k := range 2 * pairRows {
		row := make([]float64, dim)
		for d := range row {
			row[d] = rng.NormFloat64()
		}
		if second := k >= pairRows; second {
			switch i % 4 {
			case 0:
				row[0] += by
			case 1:
				row[1] *= 1 + by
			case 2:
				row[1] = (row[1] + by*row[0]) / math.Sqrt(1+by*by)
			default:
				row[0] = (row[0] + math.Copysign(2*by, rng.NormFloat64())) / math.Sqrt(1+4*by*by)
			}
		}
		for _, v := range row {
			if k < pairRows {
				reference = append(reference, float32(v))
			} else {
				samples = append(samples, float32(v))
			}
		}
	}
	return reference, samples, dim
}

// The test agrees with that of the benchmark, in the mean; MASKFLOW_SOAK compares all pairs. With MASKFLOW_C2ST_PAIRS a folder gets the pairs, for c2st.py of the data.
func TestC2STAgreesWithTheBenchmark(t *testing.T) {
	if dir := os.Getenv("MASKFLOW_C2ST_PAIRS"); dir != "" {
		for i := range 20 {
			reference, samples, dim := pairOf(i)
			for name, x := range map[string][]float32{"reference": reference, "samples": samples} {
				must.M(format.WriteFile(filepath.Join(dir, fmt.Sprintf("%s%d.npy", name, i)), must.M1(data.FromFlat(x, dim))))
			}
		}
	}
	b := backendtest.Open(t, backend.KindXLA)
	ours, theirs, from, to, most := 0.0, 0.0, 12, 16, 0.02
	if os.Getenv("MASKFLOW_SOAK") != "" {
		from, to, most = 0, len(sklearnC2ST), 0.01
	}
	for i := from; i < to; i++ {
		want := sklearnC2ST[i]
		reference, samples, dim := pairOf(i)
		got := must.M1(posterior.C2ST(t.Context(), b, reference, samples, dim, 1))
		t.Logf("pair %d: %.4f, scikit-learn %.4f", i, got, want)
		ours, theirs = ours+got/float64(to-from), theirs+want/float64(to-from)
	}
	if math.Abs(ours-theirs) > most {
		t.Errorf("mean %.4f, scikit-learn has %.4f", ours, theirs)
	}
}
