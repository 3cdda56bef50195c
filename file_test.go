package maskflow_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/vae"
)

// unsaved is a model with random weights.
func unsaved(t *testing.T, b *backend.Backend, d models.Definition, o maskflow.Options) *maskflow.Model {
	t.Helper()
	m, err := maskflow.New(b, d, models.Initialize(d, 7), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// built returns a value of a call that must not fail.
func built[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What is opened draws the same rows and gives them the same densities as what was
// saved, whatever the kind of model.
func TestSavedModelsAreTheSame(t *testing.T) {
	scale := data.NewPreparation(3, 0, &data.Scale{Mean: []float64{1, 2, 3}, SD: []float64{2, 3, 5}})
	kinds := map[string]struct {
		model models.Definition
		prep  *data.Preparation
	}{
		"bits in orders":  {built(made.New(made.Options{Dim: 3, Hidden: []int{7, 5}, Masks: 3, Seed: 5})), nil},
		"fresh orders":    {built(made.New(made.Options{Dim: 3, Hidden: []int{7}, Masks: -1, Seed: 5})), nil},
		"mixtures":        {built(made.New(made.Options{Dim: 3, Hidden: []int{7}, Output: "mog", Components: 2})), scale},
		"maf":             {built(maf.New(maf.Options{Dim: 3, Hidden: []int{7}, Layers: 2, Permute: "random", Base: "made", Seed: 9})), scale},
		"maf over a nade": {built(maf.NewDrawn(maf.Options{Dim: 3, Hidden: []int{7}, Layers: 2, BaseHidden: []int{6, 5}, Components: 2, Orders: 3, Seed: 9})), scale},
		"spline":          {built(maf.New(maf.Options{Dim: 3, Hidden: []int{7}, Layers: 2, Transform: "spline", Bins: 5, Permute: "lu"})), scale},
		"iaf":             {built(iaf.New(iaf.Options{Dim: 3, Hidden: []int{7}, Layers: 2})), scale},
		"vae":             {built(vae.New(vae.Options{Dim: 3, Latent: 2, Encoder: []int{5}, Decoder: []int{5}})), nil},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, c := range kinds {
			m := unsaved(t, b, c.model, maskflow.Options{Preparation: c.prep, EvalSets: 4, Samples: 3})
			m.Step, m.Figures = 11, map[string]float64{"valid_nll": 1.5}
			path := filepath.Join(t.TempDir(), name+".safetensors")
			if err := m.Save(path); err != nil {
				t.Fatal(err)
			}
			again, err := maskflow.Open(b, path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(again.Close)
			x := built(m.Sample(t.Context(), 9, maskflow.SampleOptions{Seed: 3}))
			if y := built(again.Sample(t.Context(), 9, maskflow.SampleOptions{Seed: 3})); !slices.Equal(x.Float64(), y.Float64()) {
				t.Errorf("%s: samples of the file are others", name)
			}
			if again.Step != 11 || again.Figures["valid_nll"] != 1.5 || again.Definition().Dim() != 3 {
				t.Errorf("%s: the file gives step %d, figures %v, dim %d", name, again.Step, again.Figures, again.Definition().Dim())
			}
			if name == "fresh orders" || name == "vae" {
				continue // the ensembles differ in size
			}
			want, got := built(m.LogProb(t.Context(), x)), built(again.LogProb(t.Context(), x))
			for i := range want {
				if math.Abs(want[i]-got[i]) > 1e-6 {
					t.Errorf("%s: row %d has the density %v in the file, want %v", name, i, got[i], want[i])
				}
			}
		}
	})
}

// A file has the degrees of every mask set, those of the layers of a flow too.
func TestSavedMaskSets(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	bits := built(made.New(made.Options{Dim: 3, Hidden: []int{7, 5}, Masks: 3, Seed: 5}))
	want := map[string][]int{}
	add := func(name string, s *masks.Set) {
		for l := range s.Layers() {
			want[fmt.Sprintf("masks/%s/degrees%d", name, l)] = s.In(l)
		}
	}
	for k := range 3 {
		add(fmt.Sprintf("set%d", k), bits.Cycle().At(k))
	}
	stack := built(maf.New(maf.Options{Dim: 3, Hidden: []int{7}, Layers: 2, Base: "made", Seed: 9}))
	saved := map[string][]int{}
	for name, d := range map[string]models.Definition{"bits": bits, "maf": stack} {
		path := filepath.Join(t.TempDir(), name+".safetensors")
		if err := unsaved(t, b, d, maskflow.Options{}).Save(path); err != nil {
			t.Fatal(err)
		}
		for _, x := range built(checkpoint.Load(path)).Tensors {
			if strings.HasPrefix(x.Name, "masks/") {
				saved[x.Name] = num.Convert[int](built(checkpoint.Values[int32](x)))
			}
		}
	}
	for i, l := range stack.Layers() {
		inner, _ := flow.Unwrap(l)
		if a, ok := inner.(*flow.Autoregressive); ok {
			add(fmt.Sprintf("layer%d", i), a.Set())
		}
	}
	add("base.set0", stack.Base().(models.Masked).Cycle().At(0))
	if !reflect.DeepEqual(saved, want) {
		t.Errorf("the files have %v, want %v", saved, want)
	}
}

// A run that was trained is saved with its own configuration.
func TestSavedRun(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	r := built(maskflow.Open(b, trained(t, b)))
	defer r.Close()
	path := filepath.Join(t.TempDir(), "run.safetensors")
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	again := built(maskflow.Open(b, path))
	defer again.Close()
	if again.Config.Eval != r.Config.Eval || again.Config.Name != "small" || again.Definition().ContextDim() != 2 {
		t.Errorf("the file has the configuration %+v, want %+v", again.Config, r.Config)
	}
}

func TestModelsThatNoFileCanHold(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	composed := built(flow.New(flow.Normal(3)))
	path := filepath.Join(t.TempDir(), "composed.safetensors")
	if err := unsaved(t, b, composed, maskflow.Options{}).Save(path); err == nil {
		t.Error("a flow of the caller's layers was saved")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("what could not be saved left a file")
	}
	d := built(made.New(made.Options{Dim: 3, Hidden: []int{7}}))
	if err := unsaved(t, b, d, maskflow.Options{}).Save(filepath.Join(t.TempDir(), "model.bin")); err == nil {
		t.Error("a file of another suffix was written")
	}
}

// Every truncation and every flipped byte of a model file is refused, in one line.
func TestDamagedModelFiles(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := built(maf.New(maf.Options{Dim: 2, Hidden: []int{3}, Layers: 1}))
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := unsaved(t, b, d, maskflow.Options{}).Save(path); err != nil {
		t.Fatal(err)
	}
	whole := built(os.ReadFile(path))
	refused := func(what string, at int, text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := maskflow.Open(b, path)
		if err == nil {
			m.Close()
			t.Errorf("a file with %s at %d of %d bytes was opened", what, at, len(whole))
		} else if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s at %d: the error is %q, want one line that names the file", what, at, err)
		}
	}
	for n := range whole {
		refused("its end", n, whole[:n])
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		at := rng.IntN(len(whole))
		damaged := bytes.Clone(whole)
		damaged[at] ^= 1 << rng.IntN(8)
		refused("a flipped bit", at, damaged)
	}
	refused("a byte more", len(whole), append(bytes.Clone(whole), 0))
}

// A reader names what it does not know, and files that are no model.
func TestModelFilesOfOthers(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := t.TempDir()
	for name, c := range map[string]struct{ meta, want string }{
		"a later layout":     {`{"dim":2,"model":99,"requires":[]}`, "layout 99"},
		"an unknown feature": {`{"dim":2,"model":1,"requires":["config","holes"]}`, `"holes"`},
		"a checkpoint":       {`{"dim":2}`, "run directory"},
		"no configuration":   {`{"dim":2,"model":1,"config":"- 1"}`, "configuration"},
		"another model":      {`{"dim":2,"model":1,"config":"data: {source: (memory)}\nmodel: {hidden: [3]}"}`, "params/"},
		"no numbers":         {`{"dim":-1,"model":1,"config":"data: {source: (memory)}\nmodel: {hidden: [3]}"}`, "-1 variables"},
		"a list":             {`[]`, "description"},
		"a width beyond all": {`{"dim":4611686018427387904,"model":1,"config":"data: {source: (memory)}\nmodel: {hidden: [3]}"}`, "4 values"},
		"a wide layer":       {`{"dim":2,"model":1,"config":"data: {source: (memory)}\nmodel: {hidden: [16777216]}"}`, "parameters"},
		"a deep flow":        {`{"dim":2,"model":1,"config":"data: {source: (memory)}\nmodel: {type: maf, layers: 100, hidden: [4096, 4096]}"}`, "parameters"},
		"a latent space":     {`{"dim":2,"model":1,"config":"data: {source: (memory)}\nmodel: {type: vae, latent: 16777216}"}`, "parameters"},
		"orders beyond all":  {`{"dim":2,"model":1,"config":"data: {source: (memory)}\nmodel: {hidden: [3], orders: {count: 1000000000}}"}`, "orders.count"},
		"two mistakes":       {`{"dim":2,"model":1,"config":"data: {source: (memory)}\nmodel: {hidden: [0], layers: x}"}`, "1 more"},
		"a wide context":     {`{"dim":2,"context_dim":5,"model":1,"config":"data: {source: (memory)}\nmodel: {hidden: [3]}"}`, "4 values"},
	} {
		tensor := built(checkpoint.NewTensor("other", []int{4}, make([]float32, 4)))
		path := built(checkpoint.Save(dir, "other.safetensors", &checkpoint.State{Meta: []byte(c.meta), Tensors: []checkpoint.Tensor{tensor}}))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := maskflow.Open(b, path)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
			t.Errorf("%s took %d MB", name, took>>20)
		}
		if err == nil {
			m.Close()
			t.Errorf("%s was opened", name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %q, want one with %q", name, err, c.want)
		}
	}
}

// A checkpoint of a run and what is no file stay what they are.
func TestSaveReplacesOnlyFilesOfItsOwn(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	m := unsaved(t, b, built(made.New(made.Options{Dim: 3, Hidden: []int{7}})), maskflow.Options{})
	dir := t.TempDir()
	own := filepath.Join(dir, "run", "checkpoints")
	folder := filepath.Join(dir, "folder.safetensors")
	if err := errors.Join(os.MkdirAll(own, 0o755), os.Mkdir(folder, 0o755), os.WriteFile(filepath.Join(dir, "run", "run.json"), []byte("{}"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(own, "best.safetensors"), folder, filepath.Join(dir, "x.npy")} {
		if err := m.Save(path); err == nil || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("saving %s: %v", path, err)
		}
	}
	if left := built(os.ReadDir(own)); len(left) > 0 {
		t.Errorf("%d files in the folder of a run", len(left))
	}
}
