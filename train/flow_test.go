package train

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/runlog"
)

// An IAF of two variables without hidden units has Gaussian conditionals whose
// means and log-scales are linear: x₁ = a + b·z₁, x₂ = c + d·z₁ + e^{f+g·z₁}·z₂. Its
// density takes a loop in the graph, through which gradients go. Where the rows
// are the same turned round, x → −x, it has no use for g, and by maximum
// likelihood comes to the Gaussian with the moments of the rows, whose negative
// log-likelihood on them is ln 2πe + ½·ln |Σ|.
func TestAModelWhoseGraphLoopsIsTrained(t *testing.T) {
	const rows = 64
	splits := waveSplits(rows, rows, 0, 2, 0)
	x := splits.Train.X
	for i := range x[:rows] { // small numbers are reached soon
		x[i] = (x[i] + float32(i%2)) / 3
		x[rows+i] = -x[i]
	}
	splits.Valid = splits.Train
	mean, variance := columnsOf(x, 2)
	covariance := 0.0
	for i := 0; i < len(x); i += 2 {
		covariance += (float64(x[i]) - mean[0]) * (float64(x[i+1]) - mean[1]) / rows
	}
	want := math.Log(2*math.Pi*math.E) + math.Log(variance[0]*variance[1]-covariance*covariance)/2
	stack := stackOf(2, 0, 1)
	stack.Hidden = []int{}
	m := must(iaf.New(iaf.Options(stack)))
	if !m.Loops() {
		t.Fatal("the graph has no loop: the test needs another model")
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		tr := newTrainer(t, b, m, splits, Options{Batch: rows, MaxSteps: 300, LookAhead: -1, Optimizer: &Adam{LearningRate: 0.05}})
		if tr.program.chunk != 1 {
			t.Errorf("%d steps a call: a loop in a loop", tr.program.chunk)
		}
		other := newTrainer(t, b, must(maf.New(maf.Options(stack))), splits, Options{Batch: rows / 4, MaxSteps: 1})
		if want := longest(b, 4); other.program.chunk != want {
			t.Errorf("a flow without a loop takes %d steps a call, want %d", other.program.chunk, want)
		}
		toEnd(t, tr)
		if nll := float64(tr.p.Best); !near(nll, want, 1e-3) || nll < want-1e-4 {
			t.Errorf("%v nats after training, want %v of the best Gaussian", nll, want)
		}
	})
}

// The paper's scale has no bounds. With a rate far too large a training ends as a
// divergence that names its step, and the state before it is finite.
func TestAFlowThatDiverges(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		dir := filepath.Join(t.TempDir(), "run")
		c := parse(t, flowRun, "model={type: maf, layers: 2, hidden: [7], scale: exp}", "train.optimizer.learning_rate=1000", "train.max_epochs=50", "train.clip_row=0")
		s, err := Run(t.Context(), b, c, waveSplits(37, 19, 23, 3, 0), RunOptions{Dir: dir})
		var diverged *DivergedError
		if !errors.As(err, &diverged) || s.Status != runlog.Diverged || diverged.Step != s.Steps+1 || finite(diverged.Loss+diverged.Norm) {
			t.Fatalf("summary %+v, error %v, want a divergence", s, err)
		}
		oneLine(t, err)
		found, err := checkpoint.Latest(filepath.Join(dir, runlog.CheckpointsDir))
		if err != nil || found.State.Step != s.Steps {
			t.Fatalf("the last checkpoint is %+v, error %v", found, err)
		}
		for _, x := range found.State.Tensors {
			for _, v := range floatsOf(t, x) {
				if !finite(float64(v)) {
					t.Fatalf("%s is not finite", x.Name)
				}
			}
		}
	})
}

// Samples that overflow are none to show; the training goes on.
func TestSamplesThatOverflowDoNotEndARun(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	stack := stackOf(3, 0, 1)
	stack.Scale = "exp"
	m, splits := must(maf.New(maf.Options(stack))), waveSplits(8, 8, 0, 3, 0)
	tr := newTrainer(t, b, m, splits, Options{MaxSteps: 1, Clock: frozen})
	n := 0
	w, err := runlog.Create(dir, runlog.Manifest{}, nil, runlog.Options{Observe: func(rec runlog.Record) {
		if _, ok := rec.(runlog.Samples); ok {
			n++
		}
	}})
	if err := errors.Join(err, w.Append(runlog.Start{})); err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // a test
	show := shows{w: w}
	sampled := func(logScale float32) int {
		w, err := tr.BestWeights()
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range m.Specs() {
			if strings.HasSuffix(s.Name, "output.bias") {
				copy(w[i][3:], []float32{logScale, logScale, logScale})
			}
		}
		tr.reset(w)
		n, show.samples = 0, budget{}
		if err := show.hook(t.Context(), tr, Validation{}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := sampled(-400); n != 0 {
		t.Errorf("%d records of samples that are infinite", n)
	}
	if n := sampled(0); n != 1 {
		t.Errorf("%d records of samples, want 1", n)
	}
}
