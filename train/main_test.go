package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/runlog"
)

func TestMain(m *testing.M) {
	patience, away = time.Second, 300*time.Millisecond
	backendtest.Main(m)
}

// bowl is ln p(x) = −½ Σ_d a_d (w_d − x_d)² (+ Σ c_d w_d with a context c), so
// that every gradient can be written down: of the mean loss of rows with the
// weights ω it is a_d (w_d − Σ_i ω_i x_id) (− Σ_i ω_i c_id). It is no
// normalised density, which training does not ask for. Its parameters are two,
// the first split variables and the rest, so that norms and slots go over more
// than one.
type bowl struct {
	curvature, start []float32
	split            int
	context          bool
}

func (q bowl) Dim() int { return len(q.curvature) }

func (q bowl) ContextDim() int {
	if q.context {
		return len(q.curvature)
	}
	return 0
}

func (bowl) Support(int) models.Support { return models.Reals() }

func (q bowl) Specs() []models.Spec {
	part := func(name string, lo, hi int, shape ...int) models.Spec {
		return models.Spec{Name: name, Shape: shape, Init: func(*rand.Rand, []int) []float32 { return slices.Clone(q.start[lo:hi]) }}
	}
	dim := len(q.start)
	return []models.Spec{part("left", 0, q.split, q.split), part("right", q.split, dim, 1, dim-q.split)}
}

func (q bowl) LogProb(p models.Params, x, context *Node) *Node {
	g, dim := x.Graph(), len(q.curvature)
	half := func(name string, lo, hi int) *Node {
		w := Reshape(p.Get(name), 1, hi-lo)
		cut := func(v *Node) *Node { return Slice(v, AxisRange(), AxisRange(lo, hi)) }
		a := Reshape(Const(g, q.curvature[lo:hi]), 1, hi-lo)
		v := Mul(Mul(Square(Sub(w, cut(x))), a), Const(g, float32(-0.5)))
		if context != nil {
			v = Add(v, Mul(cut(context), w))
		}
		return ReduceSum(v, -1)
	}
	return Add(half("left", 0, q.split), half("right", q.split, dim))
}

// gradient is that of the mean loss at w for rows of weights ω.
func (q bowl) gradient(w []float64, s exec.Values) []float64 {
	dim := len(w)
	g := make([]float64, dim)
	for d := range g {
		mean, push := 0.0, 0.0
		for i, weight := range s.Weights {
			mean += float64(weight) * float64(s.X[i*dim+d])
			if q.context {
				push += float64(weight) * float64(s.Context[i*dim+d])
			}
		}
		g[d] = float64(q.curvature[d])*(w[d]-mean) - push
	}
	return g
}

// theBowl has five variables, no two alike.
func theBowl() bowl {
	return bowl{curvature: []float32{1, 0.5, 2, 1.5, 0.25}, start: []float32{0.7, -1.1, 0.2, 1.9, -0.4}, split: 2}
}

// point is a bowl of one variable with unit curvature that starts at 0.
func point() bowl {
	return bowl{curvature: []float32{1, 1}, start: []float32{0, 0}, split: 1}
}

// bits are random rows of zeros and ones whose columns depend on each other.
func bits(name string, seed uint64, rows, dim, context int) *data.Prepared {
	rng := rand.New(rand.NewPCG(seed, 0))
	s := &data.Prepared{Name: name, Rows: rows, Dim: dim, ContextDim: context}
	for range rows {
		last := float32(rng.IntN(2))
		for range dim {
			if rng.Float64() < 0.3 {
				last = float32(rng.IntN(2))
			}
			s.X = append(s.X, last)
		}
		for range context {
			s.Context = append(s.Context, float32(rng.NormFloat64()))
		}
	}
	return s
}

func bitSplits(train, valid, test, dim, context int) *data.Splits {
	return &data.Splits{Train: bits("train", 1, train, dim, context), Valid: bits("valid", 2, valid, dim, context),
		Test: bits("test", 3, test, dim, context), Dim: dim, ContextDim: context}
}

// reals are the given rows of equal length.
func reals(name string, rows ...[]float32) *data.Prepared {
	s := &data.Prepared{Name: name, Rows: len(rows), Dim: len(rows[0])}
	for _, r := range rows {
		s.X = append(s.X, r...)
	}
	return s
}

func realSplits(train, valid, test *data.Prepared) *data.Splits {
	return &data.Splits{Train: train, Valid: valid, Test: test, Dim: train.Dim}
}

func newMADE(t testing.TB, o made.Options) *made.Model {
	t.Helper()
	m, err := made.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newTrainer(t testing.TB, b *backend.Backend, d models.Definition, s *data.Splits, o Options) *Trainer {
	t.Helper()
	tr, err := NewTrainer(b, d, s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

// chunked makes a trainer take up to n steps a call.
func chunked(t testing.TB, tr *Trainer, n int) {
	t.Helper()
	tr.program.close()
	tr.program.chunk = n
	if err := tr.program.compile(tr.backend.Compute); err != nil {
		t.Fatal(err)
	}
}

// toEnd trains until a limit.
func toEnd(t testing.TB, tr *Trainer) {
	t.Helper()
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func stateOf(t testing.TB, tr *Trainer) *checkpoint.State {
	t.Helper()
	s, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sameState reports the first difference of two states.
func sameState(t testing.TB, got, want *checkpoint.State) {
	t.Helper()
	if got.Step != want.Step || string(got.Meta) != string(want.Meta) {
		t.Errorf("step %d %s\nwant %d %s", got.Step, got.Meta, want.Step, want.Meta)
	}
	sameTensors(t, got, want)
}

func sameTensors(t testing.TB, got, want *checkpoint.State) {
	t.Helper()
	if len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("%d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for i, g := range got.Tensors {
		w := want.Tensors[i]
		if g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) {
			t.Fatalf("tensor %d is %s %v, want %s %v", i, g.Name, g.Shape, w.Name, w.Shape)
		}
		if !slices.Equal(g.Data, w.Data) {
			t.Errorf("%s is %v, want %v", g.Name, floatsOf(t, g), floatsOf(t, w))
		}
	}
}

func floatsOf(t testing.TB, x checkpoint.Tensor) []float32 {
	t.Helper()
	v, err := checkpoint.Values[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tensor returns the values of a tensor of a state by its name.
func tensor(t testing.TB, s *checkpoint.State, name string) []float32 {
	t.Helper()
	for _, x := range s.Tensors {
		if x.Name == name {
			return floatsOf(t, x)
		}
	}
	t.Fatalf("the state has no tensor %q", name)
	return nil
}

// journal keeps the records of a training, without what depends on the clock.
type journal struct{ records []runlog.Record }

func (j *journal) record(r runlog.Record) error {
	switch v := r.(type) {
	case runlog.Train:
		v.Rate = 0
		r = v
	case runlog.Phase: // of a process: one that is resumed compiles again
		return nil
	}
	j.records = append(j.records, r)
	return nil
}

// lines are the records as text: NaN is then equal to NaN.
func (j *journal) lines() []string {
	out := make([]string, len(j.records))
	for i, r := range j.records {
		out[i] = fmt.Sprintf("%T %+v", r, r)
	}
	return out
}

func recordsOf[R runlog.Record](j *journal) []R {
	var out []R
	for _, r := range j.records {
		if v, ok := r.(R); ok {
			out = append(out, v)
		}
	}
	return out
}

// frozen is a clock that stands still.
func frozen() time.Time { return time.Unix(1_700_000_000, 0) }

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

// between is a hook that is called before each call to the backend, and may stop.
func between(f func(t *Trainer) (stop bool, err error)) Hook {
	return func(_ context.Context, t *Trainer, e Event) error {
		if _, ok := e.(Between); !ok {
			return nil
		}
		stop, err := f(t)
		if err == nil && stop {
			err = ErrStopped
		}
		return err
	}
}

// setBetween replaces such a hook of a trainer; its last hook, which records, stays.
func setBetween(t *Trainer, f func(t *Trainer) (stop bool, err error)) {
	t.o.Hooks = append([]Hook{between(f)}, t.o.Hooks[max(0, len(t.o.Hooks)-1):]...)
}
