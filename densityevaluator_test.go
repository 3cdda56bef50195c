package maskflow_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
)

// An evaluator of densities has its parameters from somebody else, who changes
// them: with any it is what a model with these weights says.
func TestDensityEvaluator(t *testing.T) {
	const rows = 11
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		fitted := must.M1(iaf.NewVariational(must.M1(iaf.New(iaf.Options(stackOf(2, 0, 2)))), must.M1(iaf.EnergyByName("u2")), iaf.VariationalOptions{}))
		for name, m := range map[string]models.Definition{
			"of a target":    fitted,
			"with a context": must.M1(iaf.New(iaf.Options(stackOf(flowDim, flowContext, 2)))),
			"a MAF":          must.M1(maf.New(maf.Options(stackOf(flowDim, 0, 2)))),
			"three orders":   newMADE(t, made.Options{Dim: flowDim, Hidden: []int{7}, Masks: 3, Degrees: masks.SampledDegrees, Output: "gaussian", Start: "natural"}),
		} {
			d, part := models.DensityOf(m)
			e, err := exec.NewDensityEvaluator(b, d, 4, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			s := normalSet(4, rows, m.Dim(), m.ContextDim())
			for seed := range uint64(2) {
				w := shaken(m, seed)
				params := onBackend(m, w)
				model := newModel(t, b, m, w, maskflow.Options{Batch: 4})
				of := exec.Ensemble{Sets: model.Sets(0)}
				got, err := e.LogProb(t.Context(), models.Of(part, params), s.X, s.Context, of)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				want, err := model.Core.LogProb(t.Context(), s.X, s.Context)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", name, got, want)
				}
				for _, p := range params {
					p.MustFinalizeAll()
				}
			}
			e.Close()
		}
		if d, _ := models.DensityOf(tinyVAE(flowDim, 0)); d != nil {
			t.Error("a VAE has a density")
		}
	})
}

func onBackend(m models.Definition, w models.Weights) []*tensors.Tensor {
	var params []*tensors.Tensor
	for i, s := range m.Specs() {
		params = append(params, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return params
}

func TestLogProbWhereThereIsNoDensity(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	m := must.M1(maf.New(maf.Options(stackOf(2, 0, 1))))
	w := shaken(m, 1)
	x := []float32{0.5, 0.25, 0.5, 1e30, 0.75, 0.5}
	e := must.M1(exec.NewEvaluator(b, m, 3))
	defer e.Close()
	params := onBackend(m, w)
	got, err := e.LogProb(t.Context(), params, x, nil, exec.Ensemble{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || !finite(got[0]) || !math.IsInf(got[1], -1) || !finite(got[2]) {
		t.Errorf("%v, want −Inf between two values that are finite", got)
	}
	_, err = e.LogProb(t.Context(), params, x[:3], nil, exec.Ensemble{})
	refuses(t, "half a row", err, "3 values are not whole rows of 2 variables")
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
