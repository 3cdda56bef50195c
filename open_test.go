package maskflow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/verify"
)

const small = `
name: small
seed: 3
data: {source: connect4}
model: {hidden: [11], order: natural, orders: {count: 3}}
train: {batch: 8, max_epochs: 2, optimizer: {name: adam, learning_rate: 0.01}}
eval: {batch: 16, test_orders: 5}
`

func parse(t testing.TB, text string, sets ...string) *train.Config {
	t.Helper()
	c, err := train.ParseConfig("test.yaml", []byte(text), sets)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func splitsOf(dim, context int) *data.Splits {
	return &data.Splits{Train: randomSet(1, 31, dim, context), Valid: randomSet(2, 13, dim, context), Test: randomSet(3, 17, dim, context),
		Dim: dim, ContextDim: context}
}

// trained is the directory of a run of five variables and a context of two.
func trained(t testing.TB, b *backend.Backend, sets ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := train.Run(t.Context(), b, parse(t, small, sets...), splitsOf(5, 2), train.RunOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What is opened is what was trained: the same bits from the same weights.
func TestOpenARun(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for name, sets := range map[string][]string{
		"a cycle":              nil,
		"unlimited":            {"model.orders.count=unlimited"},
		"a moving average":     {"train.ema=0.9"},
		"no hidden layers":     {"model={hidden: [], order: reversed}"},
		"a flow":               {"eval={batch: 16}", "model={type: maf, layers: 3, hidden: [7], permute: random, order: random, normalise: batch}", "data.standardise=true"},
		"a flow over mixtures": {"eval={batch: 16}", "model={type: maf, layers: 2, hidden: [7], permute: lu, normalise: act, base: mog, components: 2}"},
		"an IAF":               {"eval={batch: 16}", "model={type: iaf, layers: 2, hidden: [7], permute: random}"},
		"mixtures of orders":   {"model={output: mog, components: 2, hidden: [7], orders: {count: 2}}", "data.standardise=true"},
		"all other options":    {"model={hidden: [7, 5], activation: softplus, direct: true, conditioning_weights: true, degrees: sequential, order: [2, 1, 3, 3, 2], init: he}"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := trained(t, b, sets...)
			r, err := maskflow.Open(b, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			c := parse(t, small, sets...)
			d, err := c.NewModel(5, 2)
			if err != nil {
				t.Fatal(err)
			}
			m := newModel(t, b, d, r.Weights(), maskflow.Options{Batch: 16, EvalSets: 5})
			set := splitsOf(5, 2).Test
			want, err := m.Core.LogProb(t.Context(), set.X, set.Context)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Core.LogProb(t.Context(), set.X, set.Context)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("log-likelihoods %v, want %v", got, want)
			}
			if r.Path != dir || r.Definition().Dim() != 5 || r.Definition().ContextDim() != 2 || config.Hash(r.Config.Table()) != config.Hash(c.Config.Table()) || r.Step < 1 {
				t.Errorf("dir %q, step %d", r.Path, r.Step)
			}
			if _, masked := d.(models.Masked); masked {
				if report, err := verify.Model(t.Context(), r, verify.Options{}); err != nil || !report.Holds() {
					t.Errorf("%+v, error %v", report, err)
				}
			}
			o := maskflow.SampleOptions{Seed: 2, Context: contextRows(set.Context, set.Rows)}
			if !slices.Equal(sample(t, r, set.Rows, o), sample(t, m, set.Rows, o)) {
				t.Error("the opened run draws other samples")
			}
			checkTestRecord(t, r, set)
		})
	}
}

// checkTestRecord compares with what the run itself measured at its end.
func checkTestRecord(t *testing.T, r *maskflow.Model, set *data.Prepared) {
	t.Helper()
	h, err := runlog.Load(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.EvaluateOf(t.Context(), set, maskflow.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.End.Test; float64(got.NLL) != e.NLL || got.Orders != e.Orders {
		t.Errorf("the run scored %+v, opened it scores %+v", got, e)
	}
}

// The random orders of a flow's layers are not among the weights: they follow from
// the configuration, and with another seed the same weights are another density.
func TestOrdersOfAFlowFollowFromTheSeed(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	set := normalSet(3, 9, 5, 0)
	var w models.Weights
	logProb := func(seed string) []float64 {
		d, err := parse(t, "data: {source: connect4}\nmodel: {type: maf, layers: 3, hidden: [7], permute: random}", "seed="+seed).NewModel(5, 0)
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			w = modeltest.Strong(d, 1)
			for i := range w {
				for k := range w[i] {
					w[i][k] /= 4
				}
			}
		}
		logp, err := newModel(t, b, d, w, maskflow.Options{}).Core.LogProb(t.Context(), set.X, nil)
		if err != nil {
			t.Fatal(err)
		}
		return logp
	}
	first := logProb("3")
	if again := logProb("3"); !slices.Equal(again, first) {
		t.Errorf("made again the flow has %v, before %v", again, first)
	}
	if other := logProb("4"); slices.Equal(other, first) {
		t.Error("another seed gives the same orders")
	}
}

func TestOpenRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	whole := trained(t, b)
	best := filepath.Join(runlog.CheckpointsDir, checkpoint.Best)
	edit := func(file string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(file string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(from, to string) func([]byte) []byte {
		return func(text []byte) []byte {
			if !strings.Contains(string(text), from) {
				t.Fatalf("%q is not in %s", from, text)
			}
			return []byte(strings.Replace(string(text), from, to, 1))
		}
	}
	// reconfigure edits the configuration and forges its hashes wherever they are.
	reconfigure := func(from, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			edit(runlog.ConfigFile, replace(from, to))(t, dir)
			forge(t, dir)
		}
	}
	state := func(change func(*checkpoint.State)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			folder := filepath.Join(dir, runlog.CheckpointsDir)
			s, err := checkpoint.Load(filepath.Join(folder, checkpoint.Best))
			if err != nil {
				t.Fatal(err)
			}
			was := s.Meta
			if change(s); !bytes.Equal(s.Meta, was) { // the run's ids stay
				var of, as map[string]any
				if err := errors.Join(json.Unmarshal(was, &of), json.Unmarshal(s.Meta, &as)); err != nil {
					t.Fatal(err)
				}
				as["run"], as["weights_hash"] = of["run"], of["weights_hash"]
				if s.Meta, err = json.Marshal(as); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := checkpoint.Save(folder, checkpoint.Best, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"no directory", func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}, runlog.ErrNoRun.Error()},
		{"no configuration", remove(runlog.ConfigFile), runlog.ConfigFile},
		{"an edited configuration", edit(runlog.ConfigFile, replace("activation: relu", "activation: tanh")), runlog.ConfigFile},
		{"an edited configuration with its hash", func(t *testing.T, dir string) {
			edit(runlog.ConfigFile, replace("activation: relu", "activation: tanh"))(t, dir)
			remanifest(t, dir, func(m map[string]any, config []byte) { m["config_hash"] = runlog.ConfigHash(config) })
		}, runlog.ConfigFile},
		{"another seed, with all hashes in run.json", func(t *testing.T, dir string) {
			edit(runlog.ConfigFile, replace("seed: ", "seed: 1"))(t, dir)
			remanifest(t, dir, func(m map[string]any, config []byte) {
				m["config_hash"], m["weights_hash"] = runlog.ConfigHash(config), maskflow.WeightsHash(config)
			})
		}, checkpoint.Best},
		{"the checkpoint of another run", func(t *testing.T, dir string) {
			remanifest(t, dir, func(m map[string]any, _ []byte) { m["id"] = "another" })
		}, checkpoint.Best},
		{"a version to come", func(t *testing.T, dir string) {
			remanifest(t, dir, func(m map[string]any, _ []byte) { m["v"] = 3 })
		}, "version 3"},
		{"a wrong configuration", reconfigure("hidden: [11]", "hidden: [eleven]"), "model.hidden"},
		{"no best weights", remove(best), "has no validated weights"},
		{"a damaged file", edit(best, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), checkpoint.Best},
		{"a cut file", edit(best, func(b []byte) []byte { return b[:len(b)/2] }), checkpoint.Best},
		{"an empty file", edit(best, func([]byte) []byte { return nil }), checkpoint.Best},
		{"other widths", reconfigure("hidden: [11]", "hidden: [12]"), `"params/hidden0.weights" has shape [5 11], the model's [5 12]`},
		{"another layer", reconfigure("hidden: [11]", "hidden: [11, 3]"), `has no tensor "params/hidden1.weights"`},
		{"an order of other data", reconfigure("order: natural", "order: [1, 2, 3]"), "an order of 3 inputs for 5 inputs"},
		{"no shapes", state(func(s *checkpoint.State) { s.Meta = json.RawMessage(`{"dim":"five"}`) }), "cannot be read"},
		{"shapes of another model", state(func(s *checkpoint.State) { s.Meta = json.RawMessage(`{"dim":6,"context_dim":2}`) }), "shape"},
		{"no variables", state(func(s *checkpoint.State) { s.Meta = json.RawMessage(`{}`) }), "has 0 variables"},
		{"a width of nothing", reconfigure("hidden: [11]", "hidden: [16777216]"), "parameters"},
		{"layers of nothing", reconfigure("hidden: [11]", "hidden: ["+strings.Repeat("4096, ", 99)+"4096]"), "parameters"},
		{"orders without end", reconfigure("count: 3", "count: 1000000000"), "model.orders.count"},
		{"an ensemble without end", reconfigure("test_orders: 5", "test_orders: 1000000000"), "eval.test_orders"},
		{"variables of nothing", state(func(s *checkpoint.State) { s.Meta = json.RawMessage(`{"dim":1000000,"context_dim":2}`) }), "1000000 variables"},
		{"more variables than there are numbers", state(func(s *checkpoint.State) { s.Meta = json.RawMessage(`{"dim":4611686018427387904}`) }), "variables"},
		{"a context of nothing", state(func(s *checkpoint.State) { s.Meta = json.RawMessage(`{"dim":5,"context_dim":1000000000}`) }), "context"},
		{"pixels of nothing", state(func(s *checkpoint.State) {
			s.Meta = json.RawMessage(`{"dim":5,"context_dim":2,"shape":[3037000500,3037000500]}`)
		}), "shape"},
		{"another preparation", state(func(s *checkpoint.State) {
			s.Meta = json.RawMessage(`{"dim":5,"context_dim":2,"preparation":{"version":1,"width":3,"variables":[0,1,2]}}`)
		}), "preparation"},
		{"weights that are no numbers", state(func(s *checkpoint.State) {
			copy(s.Tensors[1].Data, []byte{0, 0, 0xc0, 0x7f})
		}), `"hidden0.bias"`},
		{"a tensor of another type", state(func(s *checkpoint.State) {
			for i, x := range s.Tensors {
				if x.Name == "params/output.bias" {
					other, err := checkpoint.NewTensor(x.Name, x.Shape, make([]int32, 5))
					if err != nil {
						t.Fatal(err)
					}
					s.Tensors[i] = other
				}
			}
		}), "output.bias"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			tt.damage(t, dir)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := maskflow.Open(b, dir)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
				t.Errorf("refusing it took %d MB", took>>20)
			}
			refuses(t, tt.name, err, tt.want)
			if r != nil {
				t.Error("a run beside the error")
			}
			if err != nil && !strings.Contains(err.Error(), dir) {
				t.Errorf("the error does not name the run: %v", err)
			}
		})
	}
}

// remanifest changes run.json, given the text of config.yaml.
func remanifest(t *testing.T, dir string, change func(m map[string]any, config []byte)) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(dir, runlog.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, runlog.ManifestFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	change(m, config)
	if text, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// forge gives run.json and the best checkpoint the hashes of the configuration that is there.
func forge(t *testing.T, dir string) {
	t.Helper()
	remanifest(t, dir, func(m map[string]any, config []byte) {
		hash := maskflow.WeightsHash(config)
		m["config_hash"], m["weights_hash"] = runlog.ConfigHash(config), hash
		folder := filepath.Join(dir, runlog.CheckpointsDir)
		s, err := checkpoint.Load(filepath.Join(folder, checkpoint.Best))
		if err != nil {
			t.Fatal(err)
		}
		var meta map[string]any
		if err := json.Unmarshal(s.Meta, &meta); err != nil {
			t.Fatal(err)
		}
		meta["weights_hash"] = hash
		if s.Meta, err = json.Marshal(meta); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Save(folder, checkpoint.Best, s); err != nil {
			t.Fatal(err)
		}
	})
}
