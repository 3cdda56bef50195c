package train_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/train"
)

// withoutCells are splits of whose training rows a share of the cells, drawn at random, are not known.
func withoutCells(whole *data.Splits, share float64) *data.Splits {
	rng := rand.New(rand.NewPCG(21, 22))
	s, rows := *whole, *whole.Train
	rows.X = slices.Clone(rows.X)
	for i := range rows.Rows {
		for d, row := 0, rows.Row(i); d < rows.Dim; d++ {
			if rng.Float64() < share {
				row[d] = models.NotKnown
			}
		}
	}
	s.Train = &rows
	return &s
}

// Test rows, which are whole, cost little more where 30 % of the cells of the training rows are not known: of the nats that a
// network is better than independent columns it keeps nearly all. make soak has the preset of mushrooms, which lost 4.7 %, and a
// table of mixed columns, the tests of every day a small network of a few steps.
func TestRemovedCells(t *testing.T) {
	if raceDetector {
		t.Skip("long trainings, of the same threads as shorter ones")
	}
	soak := os.Getenv("MASKFLOW_SOAK") != ""
	mushrooms := filepath.Join("..", "configs", "nade_mushrooms.yaml")
	for _, tt := range []struct {
		name, config, kind string
		sets               []string
		lost               float64
		soak               bool
	}{
		{"mushrooms, small", mushrooms, backend.KindGo, []string{"model.hidden=[64]", "model.orders.count=2", "train.max_steps=1000", "train.batch=50", "train.ema=0.99",
			"train.optimizer.learning_rate=0.005"}, 0.1, false},
		{"mushrooms", mushrooms, backend.KindXLA, nil, 0.06, true},
		{"diamonds", filepath.Join("testdata", "diamonds_any_order.yaml"), backend.KindXLA, nil, 0.06, true},
	} {
		if tt.soak != soak {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			c := must.M1(train.LoadConfig(tt.config, append(tt.sets, "model.random_holes=true")))
			dir := datatest.File(t, c.Data.Source)
			for range strings.Split(c.Data.Source, "/") {
				dir = filepath.Dir(dir)
			}
			whole := must.M1(c.LoadData(t.Context(), dir))
			independent := data.IndependentColumns(whole).NLL
			better := func(share float64) float64 {
				variables := slices.Clone(maskflow.Variables(whole.Prep))
				for i := range variables {
					variables[i].Unknown = share > 0
				}
				m := must.M1(c.NewModel(whole.Dim, 0, variables...))
				o := c.Train
				o.Seed, o.EvalBatch = c.Seed, c.Eval.Batch
				r := must.M1(train.Fit(t.Context(), backendtest.Open(t, tt.kind), m, withoutCells(whole, share), o))
				defer r.Close()
				return independent - must.M1(r.EvaluateOf(t.Context(), whole.Test, maskflow.EvalOptions{})).NLL
			}
			all, some := better(0), better(0.3)
			t.Logf("%.3f nats better than independent columns, trained on whole rows %.3f: %.1f %% lost", some, all, 100*(1-some/all))
			if all < 10 || some < (1-tt.lost)*all {
				t.Error("more is lost than may be")
			}
		})
	}
}
