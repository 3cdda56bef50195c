package models_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/models/vae"
)

// The table of the package comment is what the models implement. Models that take a
// context have one here.
func TestTableOfCapabilities(t *testing.T) {
	const dim, context = 3, 2
	normal, widths := flow.Normal(dim), []int{5}
	base := must.M1(made.New(made.Options{Dim: dim, ContextDim: context, Hidden: widths, Output: "gaussian"}))
	fit := must.M1(iaf.New(iaf.Options{Dim: 2, Hidden: widths}))
	all := []models.Definition{
		must.M1(made.New(made.Options{Dim: dim, ContextDim: context, Hidden: widths})),
		must.M1(nade.New(nade.Options{Dim: dim, ContextDim: context, Hidden: widths})),
		must.M1(nade.NewTargeted(nade.Options{Dim: dim, ContextDim: context, Hidden: widths, Targets: []string{"1"}})),
		must.M1(maf.New(maf.Options{Dim: dim, ContextDim: context, Hidden: widths})),
		must.M1(maf.NewDrawn(maf.Options{Dim: dim, ContextDim: context, Hidden: widths})),
		must.M1(iaf.New(iaf.Options{Dim: dim, ContextDim: context, Hidden: widths})),
		must.M1(iaf.NewVariational(fit, must.M1(iaf.EnergyByName("u1")), iaf.VariationalOptions{})),
		must.M1(vae.New(vae.Options{Dim: dim, Encoder: widths, Decoder: widths})),
		must.M1(flow.New(base, flow.NewLU(dim))),
		must.M1(flow.NewOrdered(base, flow.NewLU(dim))),
		must.M1(flow.NewDrawn(must.M1(nade.New(nade.Options{Dim: dim, ContextDim: context, Hidden: widths, Output: "mog"})), flow.NewLU(dim))),
		normal,
	}
	want := "Density HostSampler Flow Masked Conditionals context objective\n"
	for _, m := range all {
		want += row(m)
	}
	if got := table(t); got != want {
		t.Errorf("the comment has\n%swant\n%s", got, want)
	}
}

// row is what a model can do, in the columns of the table.
func row(m models.Definition) string {
	d, _ := models.DensityOf(m)
	_, fits := m.(models.Fitted)
	mark := func(own, fitted bool) string {
		switch {
		case own:
			return "yes"
		case fitted && fits:
			return "fits"
		}
		return "-"
	}
	_, density := m.(models.Density)
	_, sampled := m.(models.HostSampler)
	_, isFlow := m.(models.Flow)
	_, flowInside := d.(models.Flow)
	_, masked := m.(models.Masked)
	_, conditionals := m.(models.Conditionals)
	name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*")
	return strings.Join([]string{name, mark(density, d != nil), mark(sampled, false), mark(isFlow, flowInside), mark(masked, false),
		mark(conditionals, false), mark(m.ContextDim() > 0, false), models.ObjectiveOf(m).Kind.String()}, " ") + "\n"
}

// table is that of the package comment, with single spaces.
func table(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("models.go")
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for line := range strings.Lines(string(source)) {
		if cells, ok := strings.CutPrefix(line, "//\t"); ok && !strings.Contains(cells, "func ") {
			fmt.Fprintln(&rows, strings.Join(strings.Fields(cells), " "))
		}
	}
	return rows.String()
}

// A value is checked by the support of its variable, whose error has the value.
func TestSupport(t *testing.T) {
	for _, c := range []struct {
		support   models.Support
		good, bad []float64
		size      int
	}{
		{models.Reals(), []float64{-1e30, 0, 0.5}, []float64{nan, inf, -inf}, 0},
		{models.Bits(), []float64{0, 1}, []float64{-1, 0.5, 2, nan}, 2},
		{models.Categories(3), []float64{0, 1, 2}, []float64{-1, 1.5, 3, inf}, 3},
		{models.GridCells(), []float64{-1e30, 0.5}, []float64{nan, inf}, 0},
		{models.Circle(360), []float64{0, 359.9}, []float64{-1, 360, nan}, 0},
	} {
		for _, v := range c.good {
			if err := c.support.Check(v); err != nil {
				t.Errorf("%v: %v", c.support, err)
			}
		}
		for _, v := range c.bad {
			if err := c.support.Check(v); err == nil || !strings.Contains(err.Error(), fmt.Sprint(v)) {
				t.Errorf("%v: the error of %v is %v", c.support, v, err)
			}
		}
		if c.support.Size() != c.size {
			t.Errorf("%v: %d values, want %d", c.support, c.support.Size(), c.size)
		}
	}
}

// A number of a row is a value, a state that its variable has, or not known.
func TestVariableCheck(t *testing.T) {
	v := models.Variable{Support: models.Bits(), States: 2, Hole: true}
	for _, x := range []float32{0, 1, models.StateCode(0), models.StateCode(1), models.NotKnown} {
		if err := v.Check(x); err != nil {
			t.Errorf("%v: %v", x, err)
		}
	}
	for _, x := range []float32{2, models.StateCode(2), 1e20} {
		if v.Check(x) == nil {
			t.Errorf("%v is taken", x)
		}
	}
}

// Parts of a model find what is theirs among what belongs to the whole.
func TestNest(t *testing.T) {
	inner := []models.Spec{{Name: "w", Shape: []int{2}}, {Name: "b", Shape: []int{1}}}
	specs, first := models.Nest(nil, "", inner)
	specs, second := models.Nest(specs, "second", inner)
	if got := fmt.Sprint(specs[0].Name, specs[1].Name, specs[2].Name, specs[3].Name, inner[0].Name); got != "wbsecond.wsecond.bw" {
		t.Errorf("the names are %s", got)
	}
	if got := models.Of(second, []int{1, 2, 3, 4}); got[0] != 3 || len(got) != 2 || models.Of(first, []int{1, 2, 3, 4})[1] != 2 {
		t.Errorf("the second part has %v", got)
	}
}
