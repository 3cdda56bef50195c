package maskflow_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/train"
)

func TestLoadDataFollowsTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	// Twenty rows of a grey value, its complement and a column that counts.
	grey := &data.Table{Name: "grey"}
	for i := range 20 {
		g := float64(i) / 19
		grey.Append([]float64{g, 1 - g, float64(i)})
	}
	other := must.M1(data.FromFlat(make([]float32, 8), 2))
	other.Name = "other"
	if err := format.WriteFile(filepath.Join(dir, "two.npz"), grey, other); err != nil {
		t.Fatal(err)
	}
	load := func(sets ...string) *data.Splits {
		t.Helper()
		c := parse(t, "data: {source: two.npz, array: grey, context_columns: 1, fractions: [0.5, 0.25, 0.25]}", sets...)
		s, err := c.LoadData(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := load()
	if s.Train.Rows != 10 || s.Valid.Rows != 5 || s.Test.Rows != 5 || s.Dim != 2 || s.ContextDim != 1 {
		t.Errorf("%d, %d and %d rows of %d + %d columns", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim, s.ContextDim)
	}
	if !slices.Equal(load().Train.Context, s.Train.Context) || slices.Equal(load("data.seed=2").Train.Context, s.Train.Context) {
		t.Error("the rows of a split do not follow from the seed")
	}
	bits := load("data.context_columns=0", "data.array=other", "data.binarize=threshold")
	if bits.Dim != 2 || bits.Train.CheckBinary() != nil {
		t.Errorf("the other array has %d columns", bits.Dim)
	}
	for name, sets := range map[string][]string{
		"labels":  {"data.labels=true", "data.context_columns=0"},
		"source":  {"data.source=three.npz"},
		"array":   {"data.array=black"},
		"columns": {"data.context_columns=3"},
	} {
		c := parse(t, "data: {source: two.npz, array: grey, context_columns: 1}", sets...)
		_, err := c.LoadData(t.Context(), dir)
		refuses(t, name, err, "")
	}
}

// A configuration needs no model to load data.
func TestLoadDataWithoutAModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte("size,city\n1.5,a\n2.25,b\n3,a\n4.5,b\n5.5,a\n6,b\n7,a\n8,b\n9,a\n10,b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := &maskflow.Config{Data: data.Options{Source: path}}
	if s, err := c.LoadData(t.Context(), ""); err != nil || s.Dim != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestPrepareRows(t *testing.T) {
	table := func(dim, context int, v ...float64) *data.Table {
		s := &data.Table{Name: "rows.csv"}
		if context > 0 {
			s.Context = &data.Table{Name: "context.csv"}
		}
		for ; len(v) > 0; v = v[dim+context:] {
			s.Append(v[:dim])
			if context > 0 {
				s.Context.Append(v[dim : dim+context])
			}
		}
		return s
	}
	ln9 := float32(math.Log(9))
	b := backendtest.Open(t, backend.KindGo)
	run := func(dim, context int, sets ...string) *maskflow.Model {
		c := parse(t, "data: {source: connect4}\nmodel: {hidden: [3]}", sets...)
		d, err := c.NewModel(dim, context)
		if err != nil {
			t.Fatal(err)
		}
		prep, err := maskflow.Upgrade(&checkpoint.State{}, &c.Config, d)
		if err != nil {
			t.Fatal(err)
		}
		return newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Preparation: prep})
	}
	for _, tt := range []struct {
		name       string
		run        *maskflow.Model
		table      *data.Table
		x, context []float32
		refuse     string
	}{
		{"bits", run(2, 0), table(2, 0, 1, 0, 0, 1), []float32{1, 0, 0, 1}, nil, ""},
		{"a context in the last columns", run(2, 1), table(3, 0, 1, 0, 5, 0, 1, 6), []float32{1, 0, 0, 1}, []float32{5, 6}, ""},
		{"a context of its own", run(2, 1), table(2, 1, 1, 0, 5, 0, 1, 6), []float32{1, 0, 0, 1}, []float32{5, 6}, ""},
		{"grey values", run(2, 0, "data.binarize=threshold"), table(2, 0, 0.9, 0.2, 0.4, 0.6), []float32{1, 0, 0, 1}, nil, ""},
		{"too few columns", run(3, 0), table(2, 0, 1, 0), nil, nil, "rows.csv has 2 columns, but the model needs 3"},
		{"a context that is missing", run(2, 1), table(2, 0, 1, 0), nil, nil, "rows.csv has 2 columns, but the model needs 2, followed by 1 of context"},
		{"a context too many", run(2, 0), table(2, 1, 1, 0, 5), nil, nil, "rows.csv has 2 columns and 1 of context, but the model needs 2"},
		{"values that are not bits", run(2, 0), table(2, 0, 1, 0, 2, 1), nil, nil, "rows.csv: row 1, column 0 (counted from 0) is 2, not 0 or 1"},
		{"real numbers", run(2, 0, "model={type: maf, hidden: [3]}"), table(2, 0, -1.5, 0.25), []float32{-1.5, 0.25}, nil, ""},
		{"values from 0 to 1", run(2, 0, "model={type: maf, hidden: [3]}", "data.logit=0.1"), table(2, 0, 0, 1, 0.5, 0.25), []float32{-ln9, ln9, 0, float32(math.Log(0.3 / 0.7))}, nil, ""},
		{"values without a logit", run(2, 0, "model={type: maf, hidden: [3]}", "data.logit=0.1"), table(2, 0, 0.5, 1, 0.5, 1.25), nil, nil, "rows.csv: row 1, column 1 (counted from 0) is 1.25, not from 0 to 1"},
		{"a missing value", run(2, 0), table(2, 0, 1, 0, math.NaN(), 1), nil, nil, "rows.csv: row 1, column 0 (counted from 0) is missing"},
		{"an infinite value", run(2, 0), table(2, 0, 1, math.Inf(-1)), nil, nil, "rows.csv: row 0, column 1 (counted from 0) is -Inf"},
		{"values that are not grey", run(2, 0, "data.binarize=sample"), table(2, 0, 1, -1), nil, nil, "rows.csv"},
	} {
		set, err := tt.run.Prepare(tt.table)
		if tt.refuse != "" {
			refuses(t, tt.name, err, tt.refuse)
			continue
		}
		if err != nil || !slices.Equal(set.X, tt.x) || !slices.Equal(set.Context, tt.context) {
			t.Errorf("%s: %+v (%v), want %v and %v", tt.name, set, err, tt.x, tt.context)
		}
	}
}

// The presets of the project describe models that can be built for their data.
func TestPresetsMakeDensities(t *testing.T) {
	dims := map[string]int{
		"power": 6, "gas": 8, "hepmass": 21, "miniboone": 43, "bsds300": 63, "cifar10": 3072, "mnist": 784, "vae_diagonal": 784, "vae_iaf": 784,
		"wine_red": 11, "wine_white": 11, "banana": 2, "checkerboard": 2, "eight_gaussians": 2, "moons": 2, "pinwheel": 2, "rings": 2, "spirals": 2,
		"nade_adult": 123, "nade_binarized_mnist": 784, "nade_bsds300": 63, "nade_connect4": 126, "nade_dna": 180, "nade_jester": 100, "nade_mushrooms": 112, "nade_nips": 500, "nade_nltcs": 16,
		"nade_ocr_letters": 128, "nade_parkinsons": 15, "nade_plants": 69, "nade_wine_red": 11, "nade_wine_white": 11,
		"u1": 2, "u2": 2, "u3": 2, "u4": 2, "two_moons": 2, "slcp": 5,
		"adult": 123, "binarized_mnist": 784, "connect4": 126, "dna": 180, "dna_orders": 180, "mushrooms": 112, "nips": 500, "ocr_letters": 128, "rcv1": 150, "web": 300,
	}
	files, err := filepath.Glob(filepath.Join("configs", "*.yaml"))
	if err != nil || len(files) < len(dims) {
		t.Fatalf("%d presets, want at least %d (%v)", len(files), len(dims), err)
	}
	for _, f := range files {
		c, err := train.LoadConfig(f, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if dims[c.Name] == 0 {
			t.Errorf("%s: the test does not know how many variables %s has", f, c.Name)
			continue
		}
		if d, err := c.NewModel(dims[c.Name], 0); err != nil || d.Dim() != dims[c.Name] {
			t.Errorf("%s: %v", f, err)
		}
	}
}
