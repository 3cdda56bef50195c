package train

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/runlog"
)

// cellsOf reads the file of a record: float32 after a header of text.
func cellsOf(t *testing.T, dir string, r runlog.Density) []float32 {
	t.Helper()
	raw := readFile(t, dir, filepath.FromSlash(r.File))
	if !slices.Equal(r.Shape, []int{64, 64}) || !bytes.Contains(raw[:128], []byte("'<f4'")) || !bytes.Contains(raw[:128], []byte("(64, 64)")) {
		t.Fatalf("record %+v, file that begins with %q", r, raw[:128])
	}
	cells := make([]float32, 64*64)
	if _, err := binary.Decode(raw[len(raw)-4*len(cells):], binary.LittleEndian, cells); err != nil {
		t.Fatal(err)
	}
	return cells
}

// massOf is the sum of the densities times the area of a cell.
func massOf(cells []float32, r runlog.Density) float64 {
	sum := 0.0
	for _, v := range cells {
		if p := math.Exp(float64(v)); p > 0 {
			sum += p
		}
	}
	return sum * float64(r.X[1]-r.X[0]) * float64(r.Y[1]-r.Y[0]) / float64(len(cells))
}

func edges(v [2]runlog.Float) [2]float64 { return [2]float64{float64(v[0]), float64(v[1])} }

// The density of a validation is that of the model which the run then has, and
// nearly all of it is in the window.
func TestDensitiesOfARun(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, sets := range map[string][]string{
			"a flow":                      nil,
			"a Gaussian MADE of 2 orders": {"model={type: made, hidden: [7], output: gaussian, orders: {count: 2}}"},
			"orders without end":          {"model={type: made, hidden: [7], output: mog, components: 3, orders: {count: unlimited}}", "eval.valid_orders=5", "eval.test_orders=5"},
			"an IAF of rows":              {"model={type: iaf, hidden: [7]}", "data={source: connect4}", "train.ema=0"},
		} {
			t.Run(name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "run")
				splits := waveSplits(500, 200, 0, 2, 0)
				splits.Test = nil
				c := pair(t, append([]string{"train.max_epochs=12", "train.batch=25", "train.optimizer.learning_rate=0.03"}, sets...)...)
				if _, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir, Clock: frozen}); err != nil {
					t.Fatal(err)
				}
				checkDensities(t, b, dir, splits.Train.X)
			})
		}
	})
}

func checkDensities(t *testing.T, b *backend.Backend, dir string, rows []float32) {
	t.Helper()
	h := loadHistory(t, dir)
	if len(h.Densities) != len(h.Valid) {
		t.Fatalf("%d densities beside %d validations", len(h.Densities), len(h.Valid))
	}
	r, err := maskflow.Open(b, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	window := exec.GridOf(rows, 64)
	for _, d := range h.Densities {
		if edges(d.X) != window.X || edges(d.Y) != window.Y {
			t.Errorf("step %d has the window %v × %v, want %v × %v of the training rows", d.Step, d.X, d.Y, window.X, window.Y)
		}
		cells := cellsOf(t, dir, d)
		if mass := massOf(cells, d); d.Step == h.Densities[len(h.Densities)-1].Step && math.Abs(mass-1) > 0.05 {
			t.Errorf("step %d: the density integrates to %.3f", d.Step, mass)
		}
		if d.Step != r.Step {
			continue
		}
		for _, at := range [][2]int{{5, 40}, {40, 5}, {31, 32}, {0, 0}, {63, 62}} { // row, column
			middle := func(v [2]runlog.Float, i int) float32 {
				return float32(float64(v[0]) + float64(v[1]-v[0])*(float64(i)+0.5)/64)
			}
			want, err := r.Core.LogProb(t.Context(), []float32{middle(d.X, at[1]), middle(d.Y, at[0])}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := float64(cells[64*at[0]+at[1]]); !near(got, want[0], 1e-4) {
				t.Errorf("row %d, column %d of step %d has %v, the model %v", at[0], at[1], d.Step, got, want[0])
			}
		}
	}
}

// A flow that is fitted to a target has no rows: its window follows its samples,
// and its density is found by the way back.
func TestDensitiesOfATarget(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		dir := filepath.Join(t.TempDir(), "run")
		splits := points(320, 160, 2)
		for i, epochs := range []string{"2", "4"} {
			c := parse(t, "seed: 3\ndata: {source: u2}\nmodel: {type: iaf, layers: 2, hidden: [7]}\ntrain: {batch: 32, optimizer: {name: adam, learning_rate: 0.01}}", "train.max_epochs="+epochs)
			if _, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir, Clock: frozen, Resume: i > 0}); err != nil {
				t.Fatal(err)
			}
		}
		h := loadHistory(t, dir)
		if len(h.Densities) != 4 {
			t.Fatalf("%d densities, want one a validation", len(h.Densities))
		}
		for _, d := range h.Densities {
			if mass := massOf(cellsOf(t, dir, d), d); math.Abs(mass-1) > 0.05 {
				t.Errorf("step %d: the density integrates to %.3f over %v × %v", d.Step, mass, d.X, d.Y)
			}
		}
	})
}

// Beyond the range of a logit there is no density, and the file says so.
func TestWhereThereIsNoDensity(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	splits := waveSplits(60, 20, 0, 2, 0)
	splits.Test = nil
	splits.Prep = data.NewPreparation(2, 0, &data.Logit{Lambda: 0.05})
	for _, s := range []*data.Prepared{splits.Train, splits.Valid} {
		for i, v := range s.X {
			s.X[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
		rows := must(data.FromFlat(s.X, 2))
		*s = *must(splits.Prep.Apply(rows))
	}
	if _, err := Run(t.Context(), b, pair(t, "data={source: connect4, logit: 0.05}", "train.max_epochs=2"), splits, RunOptions{Dir: dir, Clock: frozen}); err != nil {
		t.Fatal(err)
	}
	h := loadHistory(t, dir)
	if len(h.Densities) != 2 {
		t.Fatalf("%d densities, want 2", len(h.Densities))
	}
	d := h.Densities[1]
	if d.X[0] >= 0 || d.X[1] <= 1 {
		t.Fatalf("the window %v is inside the range: the test needs other rows", d.X)
	}
	cells := cellsOf(t, dir, d)
	if finite(float64(cells[0])) || !finite(float64(cells[64*32+32])) {
		t.Errorf("%v in the corner and %v in the middle", cells[0], cells[64*32+32])
	}
}

func TestModelsThatHaveNoDensityToShow(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for name, tt := range map[string]struct {
		splits *data.Splits
		sets   []string
	}{
		"three variables": {waveSplits(17, 9, 0, 3, 0), nil},
		"a context":       {waveSplits(17, 9, 0, 2, 1), nil},
		"bits":            {bitSplits(17, 9, 0, 2, 0), []string{"model={hidden: [7]}", "data={source: connect4}"}},
		"a bound":         {bitSplits(17, 9, 0, 2, 0), []string{"model={type: vae, latent: 2, encoder: [7], decoder: [7]}", "data={source: connect4}"}},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		tt.splits.Test = nil
		if _, err := Run(t.Context(), b, pair(t, append(tt.sets, "train.max_epochs=1")...), tt.splits, RunOptions{Dir: dir, Clock: frozen}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files, err := filepath.Glob(filepath.Join(dir, runlog.SamplesDir, "*-density.npy"))
		if h := loadHistory(t, dir); err != nil || len(h.Densities) != 0 || len(files) != 0 {
			t.Errorf("%s: densities %+v, files %v (%v)", name, h.Densities, files, err)
		}
	}
}
