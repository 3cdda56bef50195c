package maskflow_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/vae"
)

// Whatever a model, and then its backend, is asked for while either is closed is done or
// refused, and nothing crashes.
func TestCloseBesideRunningCalls(t *testing.T) {
	defined := func(d models.Definition, err error) models.Definition {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	all := map[string]models.Definition{
		"made": newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Masks: 2}),
		"maf":  defined(maf.New(maf.Options{Dim: 5, Hidden: []int{7}, Layers: 2})),
		"iaf":  defined(iaf.New(iaf.Options{Dim: 5, Hidden: []int{7}, Layers: 2})),
		"vae":  defined(vae.New(vae.Options{Dim: 5})),
	}
	backendtest.Each(t, func(t *testing.T, shared *backend.Backend) {
		for name, d := range all {
			for _, what := range []string{"model", "backend"} {
				t.Run(name+"/"+what, func(t *testing.T) { closeBeside(t, shared, d, what == "backend") })
			}
		}
	})
}

func closeBeside(t *testing.T, shared *backend.Backend, d models.Definition, itsBackend bool) {
	b, err := backend.Open(t.Context(), shared.Kind, backend.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := maskflow.New(b, d, modeltest.Strong(d, 1), maskflow.Options{Batch: 3, Samples: 2, CloseBackend: true})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]float64, 20)
	for i := range rows {
		rows[i] = []float64{1, 0, float64(i % 2), 1, 0}
	}
	table, err := data.FromRows(rows)
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/model.safetensors"
	calls := []func() error{
		func() error { _, err := m.LogProb(t.Context(), table); return err },
		func() error { _, err := m.Evaluate(t.Context(), table, maskflow.EvalOptions{}); return err },
		func() error { _, err := m.Sample(t.Context(), 5, maskflow.SampleOptions{}); return err },
		func() error {
			_, _, err := m.SampleAndLogProb(t.Context(), 5, maskflow.SampleOptions{})
			return err
		},
		func() error { _, err := m.Latent(t.Context(), table); return err },
		func() error { _, err := m.Core.PIT(t.Context(), make([]float32, 15), nil); return err },
		func() error { return m.Save(path) },
	}
	var wg sync.WaitGroup
	ended := make(chan struct{})
	for _, f := range calls {
		before := f() // what this model cannot do in any case
		wg.Go(func() {
			for last := false; !last; {
				select {
				case <-ended:
					last = true
				default:
				}
				err := f()
				if err != nil && !errors.Is(err, maskflow.ErrClosed) && !strings.Contains(err.Error(), "backend is closed") && (before == nil || err.Error() != before.Error()) {
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(5 * time.Millisecond)
	var closing sync.WaitGroup
	for range 2 {
		closing.Go(func() {
			if itsBackend {
				b.Close()
			}
			m.Close()
		})
	}
	closing.Wait()
	close(ended)
	wg.Wait()
}
