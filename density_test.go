package maskflow_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/train"
)

// modelOf is the model of a configuration for rows of five variables.
func modelOf(t *testing.T, context int, sets ...string) (models.Definition, error) {
	t.Helper()
	return parse(t, "seed: 7\ndata: {source: connect4}", sets...).NewModel(5, context)
}

// An IAF of a target is fitted to it, with the estimator that the configuration
// names: without the score term the gradient of the same step is another.
func TestAnIAFOfATarget(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	norms := map[string]float64{}
	for _, stick := range []string{"true", "false"} {
		c := parse(t, "data: {source: u3}\nmodel: {type: iaf, layers: 1, hidden: [3]}\ntrain: {batch: 50}", "model.stick_the_landing="+stick)
		m, err := c.NewModel(2, 0)
		if err != nil {
			t.Fatal(err)
		}
		v, ok := m.(*iaf.Variational)
		if !ok {
			t.Fatalf("%T for the target u3", m)
		}
		q, _ := v.Fit()
		if f, ok := q.(*iaf.Model); !ok || v.Target().Name != "u3" || f.Options().Layers != 1 {
			t.Fatalf("%T for the target u3", m)
		}
		points := &data.Prepared{Name: "points", Rows: 50}
		fitted, err := train.Fit(t.Context(), b, m, &data.Splits{Train: points, Valid: points, Dim: 2}, train.Options{MaxSteps: 1, Hooks: []train.Hook{func(_ context.Context, _ *train.Trainer, e train.Event) error {
			if steps, ok := e.(train.Steps); ok {
				norms[stick] = steps[0].GradNorm
			}
			return nil
		}}})
		if err != nil {
			t.Fatal(err)
		}
		fitted.Close()
	}
	if a, b := norms["true"], norms["false"]; a == b || !(a > 0) || !(b > 0) {
		t.Errorf("the gradient has the norms %v", norms)
	}
}

// A model with nothing set is the same from Go and from a file.
func TestTheSameModelFromGoAndFromAFile(t *testing.T) {
	for _, k := range maskflow.Kinds() {
		c := parse(t, "data: {source: connect4}\nseed: 3", "model.type="+k.Name())
		file, err := c.NewModel(5, 0)
		if err != nil {
			t.Fatal(err)
		}
		literal, err := k.Build(models.Input{Dim: 5, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(models.Initialize(file, 1), models.Initialize(literal, 1)) {
			t.Errorf("%s: the initial weights differ", k.Name())
		}
		if m, ok := literal.(models.Masked); ok && !reflect.DeepEqual(m.Cycle().At(0), file.(models.Masked).Cycle().At(0)) {
			t.Errorf("%s: the mask sets differ", k.Name())
		}
	}
}

func TestNewModelRefuses(t *testing.T) {
	for _, tt := range []struct {
		what    string
		context int
		sets    []string
		want    string
	}{
		{"an order of other data", 2, []string{"model.order=[1, 2, 3]"}, "an order of 3 inputs for 5 inputs"},
		{"an order of other data in a flow", 2, []string{"model={type: maf, order: [1, 2, 3]}"}, "an order of 3 inputs for 5 inputs"},
		{"more groups than variables", 2, []string{"model.groups=6"}, "groups: 6"},
		{"an order of other latent variables", 0, []string{"model={type: vae, latent: 3, order: [1, 2]}"}, "an order of 2 inputs for 3 inputs"},
		{"a context of a vae", 2, []string{"model.type=vae"}, "model.type vae takes no context, but the data have one of 2 values"},
	} {
		_, err := modelOf(t, tt.context, tt.sets...)
		refuses(t, tt.what, err, tt.want)
	}
}
