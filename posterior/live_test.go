package posterior_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/posterior"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// live is the last calibration of a training of the lines.
func live(t *testing.T, b *backend.Backend, slope float64, seed uint64, model string) runlog.Calibration {
	t.Helper()
	c := must.M1(train.ParseConfig("x", []byte("data: {source: x, columns: {x: context, z: "+model+"\n"+
		"train: {max_steps: 800, optimizer: {name: adam, learning_rate: 0.02}, schedule: {name: cosine}}\n"), nil))
	splits := must.M1(c.Split(lines(3000, slope, seed)))
	dir := filepath.Join(t.TempDir(), "run")
	asked := false
	o := train.RunOptions{Dir: dir, Calibrate: posterior.Live}
	o.Observe = func(r runlog.Record) {
		if v, ok := r.(runlog.Valid); ok && v.Step > 600 && !asked { // what it costs is not known, and the training is short
			asked = true
			must.M1(runlog.Request(dir, runlog.Calibrate, must.M1(runlog.ReadManifest(dir)).Started))
		}
	}
	if _, err := train.Run(t.Context(), b, c, splits, o); err != nil {
		t.Fatal(err)
	}
	h := must.M1(runlog.Load(dir))
	if len(h.Calibrations) == 0 {
		t.Fatalf("no calibration; events %+v", h.Events)
	}
	return h.Calibrations[len(h.Calibrations)-1]
}

// A model in training is calibrated as one that is trained: by what its context gains, and its ranks, of levels too.
func TestLive(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for model, dim := range map[string]int{"binary}}\nmodel: {type: made, output: mixed, reals: gaussian, hidden: [], direct: true}": 2, "drop}}\nmodel: {type: maf, layers: 1, hidden: [4]}": 1} {
			c := live(t, b, 2, 1, model)
			if want := 0.5 * math.Log(5); c.Ignores || math.Abs(float64(c.Gain)-want) > float64(c.Gain2SE)+0.1 || c.Split != "valid" || c.Pairs != 200 || c.Draws != 50 {
				t.Errorf("%+v, want a gain of %.3f", c, want)
			}
			if len(c.Variables) != dim || c.Dim != dim || c.Variables[0].Name != "y" {
				t.Fatalf("%d variables: %+v", len(c.Variables), c.Variables)
			}
			for _, r := range append(c.Variables, c.Density) {
				sum := 0.0
				for _, v := range r.Histogram {
					sum += float64(v)
				}
				if r.P < 1e-3 || len(r.Coverage) != len(posterior.Levels) || len(r.Histogram) != 20 || math.Abs(sum-20) > 1e-9 {
					t.Errorf("%s: p %v, coverage %v, histogram %v", r.Name, r.P, r.Coverage, r.Histogram)
				}
			}
		}
		if c := live(t, b, 0, 2, "binary}}\nmodel: {type: made, output: mixed, reals: gaussian, hidden: [], direct: true}"); !c.Ignores {
			t.Errorf("a context that tells nothing gains %v ± %v", c.Gain, c.Gain2SE)
		}
	})
}
