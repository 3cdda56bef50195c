package models_test

import (
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// build runs f while a graph is built that has three nodes as inputs.
func build(t *testing.T, f func(a, b, c *graph.Node)) {
	t.Helper()
	exec, err := graph.NewExec(backendtest.Open(t, backend.KindGo).Compute, func(a, b, c *graph.Node) *graph.Node {
		f(a, b, c)
		return graph.Add(a, graph.Add(b, c)) // an input that nothing uses fails
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(float32(1), float32(2), float32(3))
	if err != nil {
		t.Fatal(err)
	}
	out[0].MustFinalizeAll()
}

func TestParamsHandOutNodesByName(t *testing.T) {
	build(t, func(a, b, c *graph.Node) {
		p := models.Bind([]models.Spec{{Name: "w"}, {Name: "layer1.w"}, {Name: "layer1.inner.w"}}, []*graph.Node{a, b, c})
		tests := []struct {
			in   models.Params
			name string
			want *graph.Node
		}{
			{p, "w", a}, {p, "layer1.w", b}, {p.In("layer1"), "w", b},
			{p.In("layer1").In("inner"), "w", c}, {p.In("layer1"), "inner.w", c},
			{p, "v", nil}, {p.In("w"), "w", nil}, {models.Params{}, "w", nil}, {models.Params{}.In("layer1"), "w", nil},
		}
		for _, c := range tests {
			if got := c.in.Lookup(c.name); got != c.want {
				t.Errorf("%q is node %v, want %v", c.name, got, c.want)
			}
			if c.want != nil && c.in.Get(c.name) != c.want {
				t.Errorf("Get(%q) is another node than Lookup's", c.name)
			}
		}
	})
}

// Nested models of one kind have degrees of their own, whether the outer model
// binds them all or each is given its own, and parameters are still found.
func TestParamsWithDegreesOfNestedModels(t *testing.T) {
	build(t, func(a, b, c *graph.Node) {
		check := func(what string, got, want *graph.Node) {
			if got != want {
				t.Errorf("%s is node %v, want %v", what, got, want)
			}
		}
		bound := models.Bind([]models.Spec{{Name: "second.w"}}, []*graph.Node{a})
		outer := bound.WithDegrees([]models.DegreeSpec{{Name: "first.degrees0"}, {Name: "second.degrees0"}}, []*graph.Node{b, c})
		check("the first model's degrees", outer.In("first").Lookup("degrees0"), b)
		check("the second model's degrees", outer.In("second").Lookup("degrees0"), c)
		check("the second model's parameter", outer.In("second").Lookup("w"), a)
		check("degrees of the outer model", outer.Lookup("degrees0"), nil)
		check("degrees that were not bound", bound.In("first").Lookup("degrees0"), nil)

		own := []models.DegreeSpec{{Name: "degrees0"}}
		second := outer.In("second").WithDegrees(own, []*graph.Node{b})
		check("the degrees given last", second.Lookup("degrees0"), b)
		check("the parameter beside them", second.Lookup("w"), a)
		check("degrees of a model inside", second.In("inner").Lookup("degrees0"), nil)
		check("degrees without parameters", models.Params{}.WithDegrees(own, []*graph.Node{c}).Get("degrees0"), c)
	})
}

func TestParamsPanicsSayWhatIsMissing(t *testing.T) {
	build(t, func(a, b, _ *graph.Node) {
		specs := []models.Spec{{Name: "w"}}
		p := models.Bind(specs, []*graph.Node{a})
		tests := []struct {
			name, want string
			f          func()
		}{
			{"Get", `the model has no parameter "layer1.inner.w"`, func() { p.In("layer1").In("inner").Get("w") }},
			{"Bind", "binding parameters: 1 specs but 2 nodes", func() { models.Bind(specs, []*graph.Node{a, b}) }},
			{"WithDegrees", "binding degrees: 1 specs but 0 nodes", func() { p.WithDegrees([]models.DegreeSpec{{Name: "d"}}, nil) }},
		}
		for _, c := range tests {
			if err := panicOf(c.f); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s panics with %v, want %q", c.name, err, c.want)
			}
		}
	})
}

// panicOf returns the error that f panics with, which is the only kind of panic
// that GoMLX turns into an error.
func panicOf(f func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	f()
	return nil
}
