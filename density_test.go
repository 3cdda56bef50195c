package maskflow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models/made"
)

func densityOf(t *testing.T, sets ...string) (*made.Model, error) {
	t.Helper()
	d, err := maskflow.NewModel(parse(t, "seed: 7\ndata: {source: connect4}", sets...), 5, 2)
	if err != nil {
		return nil, err
	}
	m, ok := d.(*made.Model)
	if !ok {
		t.Fatalf("%T is no MADE", d)
	}
	return m, nil
}

// Every key of the model's section changes the one option that it should.
func TestEveryKeyOfTheModel(t *testing.T) {
	usual := made.Options{Dim: 5, Context: 2, Hidden: []int{500}, Activation: "relu", Init: "orthogonal", Start: masks.RandomOrder,
		Degrees: masks.SampledDegrees, Masks: 1, Seed: 7}
	cases := map[string]map[string]func(*made.Options){
		"model.type":                 {"made": func(*made.Options) {}},
		"model.output":               {"bernoulli": func(*made.Options) {}},
		"model.hidden":               {"[]": func(o *made.Options) { o.Hidden = nil }, "[3, 4]": func(o *made.Options) { o.Hidden = []int{3, 4} }},
		"model.activation":           {},
		"model.init":                 {},
		"model.direct":               {"true": func(o *made.Options) { o.Direct = true }},
		"model.conditioning_weights": {"true": func(o *made.Options) { o.Conditioning = true }},
		"model.degrees":              {"sampled": func(*made.Options) {}, "sequential": func(o *made.Options) { o.Degrees = masks.SequentialDegrees }},
		"model.order": {
			"random":          func(*made.Options) {},
			"natural":         func(o *made.Options) { o.Start = masks.NaturalOrder },
			"reversed":        func(o *made.Options) { o.Start = masks.ReversedOrder },
			"[2, 1, 3, 3, 2]": func(o *made.Options) { o.Order = masks.Order{2, 1, 3, 3, 2} },
		},
		"model.groups":       {"3": func(o *made.Options) { o.Groups = 3 }},
		"model.orders.count": {"1": func(*made.Options) {}, "4": func(o *made.Options) { o.Masks = 4 }, "unlimited": func(o *made.Options) { o.Masks, o.Unlimited = 0, true }},
		"model.orders.resample": {
			"both":         func(*made.Options) {},
			"order":        func(o *made.Options) { o.Resample = masks.ResampleOrder },
			"connectivity": func(o *made.Options) { o.Resample = masks.ResampleConnectivity },
		},
	}
	for _, key := range config.Keys() {
		if !strings.HasPrefix(key.Path, "model.") {
			continue
		}
		values, known := cases[key.Path]
		if !known {
			t.Errorf("no test of %s", key.Path)
		}
		for _, v := range key.Values { // those with a name of their own are passed on as they are
			switch key.Path {
			case "model.activation":
				values[v] = func(o *made.Options) { o.Activation = v }
			case "model.init":
				values[v] = func(o *made.Options) { o.Init = v }
			}
			if values[v] == nil {
				t.Errorf("no test of %s: %s", key.Path, v)
			}
		}
		for value, change := range values {
			want := usual
			change(&want)
			m, err := densityOf(t, key.Path+"="+value)
			if err != nil {
				t.Errorf("%s=%s: %v", key.Path, value, err)
				continue
			}
			if got := m.Options(); text(got) != text(want) {
				t.Errorf("%s=%s gives\n%s\nwant\n%s", key.Path, value, text(got), text(want))
			}
		}
	}
}

// text compares options; an explicit order makes the kind of the first void.
func text(o made.Options) string {
	if o.Order != nil {
		o.Start = 0
	}
	if len(o.Hidden) == 0 {
		o.Hidden = nil
	}
	return fmt.Sprintf("%+v", o)
}

// A configuration made in Go, with nothing filled in, means what its resolved
// form does.
func TestNewDensityOfZeroValues(t *testing.T) {
	c := &config.Config{}
	c.Model.Hidden, c.Model.Orders.Count = []int{3}, 2
	d, err := maskflow.NewModel(c, 5, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := d.(*made.Model)
	c.Resolve()
	if d, err = maskflow.NewModel(c, 5, 0); err != nil {
		t.Fatal(err)
	}
	resolved := d.(*made.Model)
	for k := range 2 {
		if a, b := m.Cycle().At(k), resolved.Cycle().At(k); !slices.Equal(a.Order, b.Order) || !slices.Equal(a.Hidden[0], b.Hidden[0]) {
			t.Errorf("set %d is %+v, resolved %+v", k, a, b)
		}
	}
}

func TestNewDensityRefuses(t *testing.T) {
	_, err := densityOf(t, "model.order=[1, 2, 3]")
	refuses(t, "an order of other data", err, "model.order lists 3 degrees, but the data have 5 variables")
	_, err = densityOf(t, "model.groups=6")
	refuses(t, "more groups than variables", err, "groups: 6")
	c := parse(t, "data: {source: connect4}")
	c.Model.Degrees = "equal"
	_, err = maskflow.NewModel(c, 5, 0)
	refuses(t, "an unknown word", err, `model.degrees: unknown value "equal"`)
}
