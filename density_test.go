package maskflow_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// modelOf is the model of a configuration for rows of five variables.
func modelOf(t *testing.T, context int, sets ...string) (models.Model, error) {
	t.Helper()
	return maskflow.NewModel(parse(t, "seed: 7\ndata: {source: connect4}", sets...), 5, context)
}

// changes say, for the values of a key, what each makes of the usual options.
type changes[O any] map[string]map[string]func(*O)

// keyTest remembers which values of which keys were looked at.
type keyTest map[string][]string

// check holds the models of one kind to the options that every value should give.
func check[O any](t *testing.T, tested keyTest, context int, kind []string, usual O, options func(models.Model) O, keys changes[O]) {
	t.Helper()
	for key, values := range keys {
		for value, change := range values {
			tested[key] = append(tested[key], value)
			var want O
			if err := json.Unmarshal([]byte(text(t, usual)), &want); err != nil {
				t.Fatal(err)
			}
			change(&want)
			m, err := modelOf(t, context, append(slices.Clip(kind), key+"="+value)...)
			if err != nil {
				t.Errorf("%v %s=%s: %v", kind, key, value, err)
				continue
			}
			if got := options(m); text(t, got) != text(t, want) {
				t.Errorf("%v %s=%s gives\n%s\nwant\n%s", kind, key, value, text(t, got), text(t, want))
			}
		}
	}
}

func text(t *testing.T, o any) string {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func same[O any](*O) {}

// Every key of the model's section changes the one option that it should, of
// every kind of model that has it.
func TestEveryKeyOfTheModel(t *testing.T) {
	tested := keyTest{}
	checkMADEKeys(t, tested)
	checkMAFKeys(t, tested)
	checkIAFKeys(t, tested)
	checkVAEKeys(t, tested)
	for _, key := range config.Keys() {
		if !strings.HasPrefix(key.Path, "model.") {
			continue
		}
		if tested[key.Path] == nil {
			t.Errorf("no test of %s", key.Path)
		}
		for _, v := range key.Values {
			if !slices.Contains(tested[key.Path], v) {
				t.Errorf("no test of %s: %s", key.Path, v)
			}
		}
	}
}

// valuesOf is the same change for each value of a key that is handed on by its name.
func valuesOf[O any](key string, change func(o *O, value string)) map[string]func(*O) {
	all := map[string]func(*O){}
	for _, k := range config.Keys() {
		if k.Path == key {
			for _, v := range k.Values {
				all[v] = func(o *O) { change(o, v) }
			}
		}
	}
	return all
}

func checkMADEKeys(t *testing.T, tested keyTest) {
	t.Helper()
	type o = made.Options
	usual := o{Dim: 5, Context: 2, Hidden: []int{500}, Activation: "relu", Init: "orthogonal", Start: masks.RandomOrder,
		Degrees: masks.SampledDegrees, Masks: 1, Seed: 7, Output: "bernoulli"}
	options := func(m models.Model) o { return m.(*made.Model).Options() }
	check(t, tested, 2, nil, usual, options, changes[o]{
		"model.type":                 {"made": same[o]},
		"model.output":               {"bernoulli": same[o], "gaussian": func(o *o) { o.Output = "gaussian" }, "mog": func(o *o) { o.Output, o.Components = "mog", 10 }},
		"model.hidden":               {"[]": func(o *o) { o.Hidden = []int{} }, "[3, 4]": func(o *o) { o.Hidden = []int{3, 4} }},
		"model.activation":           valuesOf("model.activation", func(o *o, v string) { o.Activation = v }),
		"model.init":                 valuesOf("model.init", func(o *o, v string) { o.Init = v }),
		"model.direct":               {"true": func(o *o) { o.Direct = true }},
		"model.conditioning_weights": {"true": func(o *o) { o.Conditioning = true }},
		"model.degrees":              {"sampled": same[o], "sequential": func(o *o) { o.Degrees = masks.SequentialDegrees }},
		"model.order": {
			"random":          same[o],
			"natural":         func(o *o) { o.Start = masks.NaturalOrder },
			"reversed":        func(o *o) { o.Start = masks.ReversedOrder },
			"[2, 1, 3, 3, 2]": func(o *o) { o.Order = masks.Order{2, 1, 3, 3, 2} },
		},
		"model.groups":       {"3": func(o *o) { o.Groups = 3 }},
		"model.orders.count": {"1": same[o], "4": func(o *o) { o.Masks = 4 }, "unlimited": func(o *o) { o.Masks, o.Unlimited = 0, true }},
		"model.orders.resample": {
			"both":         same[o],
			"order":        func(o *o) { o.Resample = masks.ResampleOrder },
			"connectivity": func(o *o) { o.Resample = masks.ResampleConnectivity },
		},
	})
	usual.Degrees = masks.SequentialDegrees
	check(t, tested, 2, []string{"model.degrees=sequential"}, usual, options, changes[o]{"model.residual": {"true": func(o *o) { o.Residual = true }}})
	usual.Degrees, usual.Output, usual.Components = masks.SampledDegrees, "mog", 10
	check(t, tested, 2, []string{"model.output=mog"}, usual, options, changes[o]{"model.components": {"3": func(o *o) { o.Components = 3 }}})
}

// usualStack are the options of layers that a flow has unless told.
func usualStack(context int) flow.StackOptions {
	return flow.StackOptions{ConditionerOptions: flow.ConditionerOptions{Dim: 5, Context: context, Hidden: []int{500}, Activation: "relu",
		Init: "lecun", Start: masks.NaturalOrder, Degrees: masks.SequentialDegrees, Seed: 7},
		Layers: 5, Transform: "affine", Scale: "soft_clip", Permute: "reverse", Normalise: "none"}
}

// stackKeys are those of every flow, whose layers stack finds in its options.
func stackKeys[O any](stack func(*O) *flow.StackOptions) changes[O] {
	type s = *flow.StackOptions
	by := func(change func(s)) func(*O) { return func(o *O) { change(stack(o)) } }
	return changes[O]{
		"model.layers":     {"3": by(func(s s) { s.Layers = 3 })},
		"model.permute":    valuesOf("model.permute", func(o *O, v string) { stack(o).Permute = v }),
		"model.hidden":     {"[]": by(func(s s) { s.Hidden = []int{} }), "[3, 4]": by(func(s s) { s.Hidden = []int{3, 4} })},
		"model.residual":   {"true": by(func(s s) { s.Residual = true })},
		"model.init":       valuesOf("model.init", func(o *O, v string) { stack(o).Init = v }),
		"model.degrees":    {"sequential": same[O], "sampled": by(func(s s) { s.Degrees = masks.SampledDegrees })},
		"model.transform":  {"affine": by(func(s s) { s.Transform, s.Scale = "affine", "soft_clip" })},
		"model.activation": {"tanh": by(func(s s) { s.Activation = "tanh" })},
		"model.order": {
			"natural":         same[O],
			"random":          by(func(s s) { s.Start = masks.RandomOrder }),
			"reversed":        by(func(s s) { s.Start = masks.ReversedOrder }),
			"[2, 1, 3, 3, 2]": by(func(s s) { s.Start, s.Order = masks.RandomOrder, masks.Order{2, 1, 3, 3, 2} }), // the start is void
		},
	}
}

func checkMAFKeys(t *testing.T, tested keyTest) {
	t.Helper()
	type o = maf.Options
	usual := o{StackOptions: usualStack(2), Base: "normal"}
	options := func(m models.Model) o { return m.(*maf.Model).Options() }
	kind := func(more ...string) []string { return append([]string{"model.type=maf"}, more...) }
	check(t, tested, 2, nil, usual, options, changes[o]{"model.type": {"maf": same[o]}})
	check(t, tested, 2, kind(), usual, options, stackKeys(func(o *o) *flow.StackOptions { return &o.StackOptions }))
	check(t, tested, 2, kind(), usual, options, changes[o]{
		"model.base":       {"normal": same[o], "made": func(o *o) { o.Base = "made" }, "mog": func(o *o) { o.Base, o.Components = "mog", 10 }},
		"model.normalise":  valuesOf("model.normalise", func(o *o, v string) { o.Normalise = v }),
		"model.scale":      valuesOf("model.scale", func(o *o, v string) { o.Scale = v }),
		"model.transform":  {"spline": func(o *o) { o.Transform, o.Scale, o.Bins, o.Bound = "spline", "", 8, 3 }},
		"data.logit":       {"0.25": func(o *o) { o.Logit = 0.25 }},
		"data.standardise": {"true": func(o *o) { o.Standardise = true }},
	})
	usual.Base, usual.Components = "mog", 10
	check(t, tested, 2, kind("model.base=mog"), usual, options, changes[o]{"model.components": {"3": func(o *o) { o.Components = 3 }}})
	usual.Base, usual.Components = "normal", 0
	usual.Transform, usual.Scale, usual.Bins, usual.Bound = "spline", "", 8, 3
	check(t, tested, 2, kind("model.transform=spline"), usual, options, changes[o]{
		"model.bins": {"5": func(o *o) { o.Bins = 5 }}, "model.bound": {"1.5": func(o *o) { o.Bound = 1.5 }}})
}

func checkIAFKeys(t *testing.T, tested keyTest) {
	t.Helper()
	type o = iaf.Options
	usual := o{StackOptions: usualStack(2)}
	options := func(m models.Model) o { return m.(*iaf.Model).Options() }
	check(t, tested, 2, nil, usual, options, changes[o]{"model.type": {"iaf": same[o]}})
	kind := []string{"model.type=iaf"}
	check(t, tested, 2, kind, usual, options, stackKeys(func(o *o) *flow.StackOptions { return &o.StackOptions }))
	check(t, tested, 2, kind, usual, options, changes[o]{"model.transform": {
		"gated":  func(o *o) { o.Transform, o.Scale = "gated", "" },
		"spline": func(o *o) { o.Transform, o.Scale, o.Bins, o.Bound = "spline", "", 8, 3 },
	}})
}

func checkVAEKeys(t *testing.T, tested keyTest) {
	t.Helper()
	type o = iaf.VAEOptions
	stack := usualStack(0)
	stack.Layers, stack.Transform, stack.Scale, stack.Normalise = 4, "gated", "", ""
	usual := o{Dim: 5, Latent: 32, Encoder: []int{500}, Decoder: []int{500}, Activation: "relu", Context: 64, Seed: 7, Flow: &iaf.Options{StackOptions: stack}}
	options := func(m models.Model) o { return m.(*iaf.VAE).Options() }
	kind := func(more ...string) []string { return append([]string{"model.type=vae"}, more...) }
	check(t, tested, 0, nil, usual, options, changes[o]{"model.type": {"vae": same[o]}})
	keys := stackKeys(func(o *o) *flow.StackOptions { return &o.Flow.StackOptions })
	keys["model.activation"] = map[string]func(*o){"elu": func(o *o) { o.Activation, o.Flow.Activation = "elu", "elu" }}
	check(t, tested, 0, kind("model.latent=5"), func() o { u := usual; u.Latent = 5; return u }(), options, keys)
	check(t, tested, 0, kind(), usual, options, changes[o]{
		"model.latent":            {"3": func(o *o) { o.Latent = 3 }},
		"model.encoder":           {"[3, 4]": func(o *o) { o.Encoder = []int{3, 4} }, "[]": func(o *o) { o.Encoder = []int{} }},
		"model.decoder":           {"[3, 4]": func(o *o) { o.Decoder = []int{3, 4} }, "[]": func(o *o) { o.Decoder = []int{} }},
		"model.posterior":         {"iaf": same[o], "diagonal": func(o *o) { o.Flow = nil }},
		"model.context":           {"9": func(o *o) { o.Context = 9 }},
		"model.free_bits":         {"0.5": func(o *o) { o.FreeBits = 0.5 }},
		"model.stick_the_landing": {"true": func(o *o) { o.StickTheLanding = true }},
	})
}

// A MADE behind layers that change the units of the data keeps its orders.
func TestPreprocessingOfAMADE(t *testing.T) {
	for name, tt := range map[string]struct {
		sets   []string
		layers []string
	}{
		"logit":       {[]string{"data.logit=0.1"}, []string{"logit"}},
		"standardise": {[]string{"data.standardise=true"}, []string{"standardise"}},
		"both":        {[]string{"data.logit=0.1", "data.standardise=true"}, []string{"logit", "standardise"}},
	} {
		m, err := modelOf(t, 0, append(tt.sets, "model={output: mog, components: 2, hidden: [7], orders: {count: 3}}")...)
		if err != nil {
			t.Fatal(err)
		}
		f := m.(*flow.Ordered)
		var layers []string
		for _, l := range f.Layers() {
			layers = append(layers, l.Name())
		}
		if base := f.Base().(*made.Model).Options(); !slices.Equal(layers, tt.layers) || base.Output != "mog" || f.Cycle().Len() != 3 {
			t.Errorf("%s: layers %v over %+v", name, layers, base)
		}
	}
}

// An IAF of a target is fitted to it, with the estimator that the configuration
// names: without the score term the gradient of the same step is another.
func TestAnIAFOfATarget(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	norms := map[string]float64{}
	for _, stick := range []string{"true", "false"} {
		c := parse(t, "data: {source: u3}\nmodel: {type: iaf, layers: 1, hidden: [3]}\ntrain: {batch: 50}", "model.stick_the_landing="+stick)
		m, err := maskflow.NewModel(c, 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		v, ok := m.(*iaf.Variational)
		if !ok || v.Target().Name != "u3" || v.Options().Layers != 1 {
			t.Fatalf("%T for the target u3", m)
		}
		points := &data.Set{Name: "points", Rows: 50}
		fitted, err := train.Fit(t.Context(), b, m, &data.Splits{Train: points, Valid: points, Dim: 2}, train.Options{MaxSteps: 1, LogEvery: 1, Record: func(r runlog.Record) error {
			if v, ok := r.(runlog.Train); ok {
				norms[stick] = float64(v.GradNorm)
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		fitted.Close()
	}
	if a, b := norms["true"], norms["false"]; a == b || !(a > 0) || !(b > 0) {
		t.Errorf("the gradient has the norms %v", norms)
	}
}

// A configuration made in Go, with nothing filled in, means what its resolved
// form does.
func TestNewModelOfZeroValues(t *testing.T) {
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

func TestNewModelRefuses(t *testing.T) {
	for _, tt := range []struct {
		what    string
		context int
		sets    []string
		want    string
	}{
		{"an order of other data", 2, []string{"model.order=[1, 2, 3]"}, "model.order lists 3 degrees, but the data have 5 variables"},
		{"an order of other data in a flow", 2, []string{"model={type: maf, order: [1, 2, 3]}"}, "model.order lists 3 degrees, but the data have 5 variables"},
		{"more groups than variables", 2, []string{"model.groups=6"}, "groups: 6"},
		{"an order of other latent variables", 0, []string{"model={type: vae, latent: 3, order: [1, 2]}"}, "model.order lists 2 degrees, but there are 3 latent variables"},
		{"a context of a vae", 2, []string{"model.type=vae"}, "model.type vae takes no context, but the data have one of 2 values"},
	} {
		_, err := modelOf(t, tt.context, tt.sets...)
		refuses(t, tt.what, err, tt.want)
	}
	c := parse(t, "data: {source: connect4}")
	c.Model.Degrees = "equal"
	_, err := maskflow.NewModel(c, 5, 0)
	refuses(t, "an unknown word", err, `model.degrees: unknown value "equal"`)
}
