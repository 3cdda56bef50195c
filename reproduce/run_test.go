package reproduce

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/data/toy"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	os.Exit(m.Run())
}

// notes counts trainings and steps, and may stop one.
type notes struct {
	began []string
	steps int64
	stop  func()
	ended int
}

func (n *notes) watch(t Training, dir string, _ *train.Config) func(runlog.Record) {
	n.began = append(n.began, t.Name+" "+filepath.Base(dir))
	return func(r runlog.Record) {
		switch r := r.(type) {
		case runlog.Train:
			if n.steps = r.Step; n.stop != nil {
				n.stop()
			}
		case runlog.End:
			n.ended++
		}
	}
}

// An experiment goes on where it was stopped, reads what is finished, and refuses
// a run of another configuration.
func TestExperimentIsResumed(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	training := Training{Name: "small", Config: "banana", Sets: []string{"model={type: made, output: gaussian, hidden: [8]}", "train.log_every=1"}}
	e := Experiment{Name: "test", Figures: []Figure{
		{What: "gap", Trainings: []Training{training}, Rule: AtMost(0), measure: gapTo("banana")},
		{What: "likelihood", Trainings: []Training{training}, measure: ofTest(logLikelihood)},
	}}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	first := &notes{stop: cancel}
	table, err := e.Run(ctx, b, Options{Dir: dir, Quick: true, Watch: first.watch})
	if !errors.Is(err, context.Canceled) || len(table.Rows) != 0 || !strings.Contains(err.Error(), "reproducing test: small") {
		t.Fatalf("%+v, %v", table, err)
	}
	second := &notes{}
	if table, err = e.Run(t.Context(), b, Options{Dir: dir, Quick: true, Watch: second.watch}); err != nil {
		t.Fatal(err)
	}
	if len(second.began) != 1 || second.began[0] != "small small-quick" || second.ended != 1 || first.steps >= 20 || second.steps != 20 {
		t.Errorf("%+v after %+v", second, first)
	}
	gap := table.Rows[0]
	if !table.Quick || len(table.Rows) != 2 || !(gap.Ours > 0) || !(gap.Error > 0) || gap.Reached == nil || *gap.Reached || table.Rows[1].Reached != nil || gap.Seconds <= 0 {
		t.Errorf("%+v", table)
	}
	// The truth scores its entropy on average, the model by the gap less: both
	// likelihoods are of the same rows.
	truth, _ := toy.ByName("banana")
	splits, err := source.Load(t.Context(), data.Options{Source: "banana", Seed: new(uint64(1))})
	if err != nil {
		t.Fatal(err)
	}
	entropy := 0.0
	for i := range splits.Test.Rows {
		x := splits.Test.Row(i)
		entropy -= truth.LogDensity(float64(x[0]), float64(x[1])) / float64(splits.Test.Rows)
	}
	third := &notes{}
	again, err := e.Run(t.Context(), b, Options{Dir: dir, Quick: true, Watch: third.watch})
	if err != nil || len(third.began) != 0 || math.Abs(float64(again.Rows[0].Ours-gap.Ours)) > 1e-9 {
		t.Errorf("%+v, %v, %+v", again, err, third)
	}
	out, err := (&lab{backend: b, o: Options{Dir: dir, Quick: true}, done: map[string]outcome{}}).train(t.Context(), training)
	if err != nil || math.Abs(out.test.NLL-entropy-float64(gap.Ours)) > 1e-4 {
		t.Errorf("NLL %v, entropy %v, gap %v, %v", out.test.NLL, entropy, gap.Ours, err)
	}

	e.Figures[0].Trainings = []Training{{Name: "small", Config: "banana", Sets: []string{"seed=2"}}}
	if _, err := e.Run(t.Context(), b, Options{Dir: dir, Quick: true}); err == nil || !strings.Contains(err.Error(), "remove this run") {
		t.Errorf("another configuration: %v", err)
	}
}

// A Gaussian scores minus its entropy on rows of its own.
func TestGaussianLogLikelihood(t *testing.T) {
	draw := func(rng *rand.Rand, rows int) *data.Prepared {
		s := &data.Prepared{Name: "normal", Rows: rows, Dim: 2}
		for range rows {
			a, b := rng.NormFloat64(), rng.NormFloat64()
			s.X = append(s.X, float32(1+2*a), float32(a+0.5*b)) // |L| = 2 · 0.5
		}
		return s
	}
	rng := rand.New(rand.NewPCG(1, 2))
	got, err := gaussianLogLikelihood(t.Context(), draw(rng, 20000), draw(rng, 20000), 15000)
	want := -(1 + math.Log(2*math.Pi)) // D/2·(1 + ln 2π) + ln |L| with D = 2 and |L| = 1
	if err != nil || math.Abs(got.value-want) > 2*got.err || got.err > 0.02 || got.err <= 0 {
		t.Errorf("%+v, want %v, %v", got, want, err)
	}
	flat := &data.Prepared{Name: "flat", Rows: 3, Dim: 2, X: []float32{1, 1, 2, 2, 3, 3}}
	if _, err := gaussianLogLikelihood(t.Context(), flat, flat, 3); err == nil || !strings.Contains(err.Error(), "singular") {
		t.Errorf("rows on a line: %v", err)
	}
}

func TestOverFoldsAndGains(t *testing.T) {
	of := make([]outcome, 2)
	of[0].test.NLLModel, of[1].test.NLLModel = 9, 11
	of[0].test.NegELBO, of[0].test.NegELBO2SE, of[1].test.NegELBO, of[1].test.NegELBO2SE = 90, 3, 88, 4
	if e, _ := overFolds(nil)(t.Context(), nil, of); e.value != -10 || math.Abs(e.err-math.Sqrt2) > 1e-12 {
		t.Errorf("folds: %+v", e)
	}
	if e, _ := gainOfSecond(t.Context(), nil, of); e.value != 2 || e.err != 5 {
		t.Errorf("gain: %+v", e)
	}
	if e := divergence(of[0].test); !math.IsNaN(e.value) {
		t.Errorf("a divergence from nothing: %+v", e)
	}
}

func TestRunNeedsItsData(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	e, err := ByName("made-dna")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), b, Options{Dir: t.TempDir(), DataDir: t.TempDir(), Quick: true}); err == nil || !strings.Contains(err.Error(), "binary/dna.npz") {
		t.Errorf("no data: %v", err)
	}
}
