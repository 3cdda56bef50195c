package masks

import (
	"fmt"
	"strings"
	"testing"
)

func TestRecipeValidate(t *testing.T) {
	ok := Recipe{Dim: 5, Hidden: []int{7}, Count: 3, Degrees: SampledDegrees}
	for _, c := range []struct {
		change func(*Recipe)
		want   string // start of the message, "" for none
	}{
		{func(*Recipe) {}, ""},
		{func(r *Recipe) { r.Hidden = nil }, ""},
		{func(r *Recipe) { r.Groups = 5 }, ""},
		{func(r *Recipe) { r.Degrees, r.Count = SequentialDegrees, 1 }, ""},
		{func(r *Recipe) { r.Degrees, r.Resample = SequentialDegrees, ResampleOrder }, ""},
		{func(r *Recipe) { r.Dim = 0 }, "dim: 0 inputs"},
		{func(r *Recipe) { r.Dim = -3 }, "dim: -3 inputs"},
		{func(r *Recipe) { r.Hidden = []int{3, 0} }, "hidden[1]: 0 units"},
		{func(r *Recipe) { r.Base = Order{2, 1} }, "base: an order of 2 inputs for 5"},
		{func(r *Recipe) { r.Base = Order{1, 2, 3, 4, 6} }, "base: order[4]: "},
		{func(r *Recipe) { r.Base = Order{1, 2, 4, 4, 4} }, "base: no input has degree 3"},
		{func(r *Recipe) { r.Start = "backwards" }, "start: "},
		{func(r *Recipe) { r.Groups = 6 }, "groups: 6"},
		{func(r *Recipe) { r.Groups = -1 }, "groups: -1"},
		{func(r *Recipe) { r.Base, r.Groups = Order{1, 2, 2, 3, 3}, 4 }, "groups: 4, need 1 to 3"},
		{func(r *Recipe) { r.Late = []bool{true} }, "late: marks of 1 inputs for 5"},
		{func(r *Recipe) { r.Late, r.Base = []bool{2: true, 4: false}, Order{1, 2, 3, 4, 5} }, "base: inputs 2 "},
		{func(r *Recipe) { r.Late, r.Base = []bool{2: true, 4: false}, Order{1, 2, 3, 3, 1} }, "base: inputs 2 "},
		{func(r *Recipe) { r.Late, r.Base = []bool{2: true, 4: false}, Order{1, 2, 5, 3, 4} }, ""},
		{func(r *Recipe) { r.Late, r.Groups = []bool{2: true, 4: false}, 1 }, "groups: 1, but inputs 2 "},
		{func(r *Recipe) { r.Late, r.Groups = []bool{true, true, true, true, true}, 1 }, ""},
		{func(r *Recipe) { r.Degrees = "x" }, "degrees: "},
		{func(r *Recipe) { r.Count = -2 }, "count: -2"},
		{func(r *Recipe) { r.Resample = "none" }, "resample: "},
		{func(r *Recipe) { r.Degrees = SequentialDegrees }, "degrees: sequential"},
		{func(r *Recipe) { r.Degrees, r.Count, r.Resample = SequentialDegrees, Unlimited, ResampleConnectivity }, "degrees: sequential"},
	} {
		r := ok
		c.change(&r)
		err := r.Validate()
		if (err == nil) != (c.want == "") || err != nil && (!strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%+v: %v, want %q", r, err, c.want)
		}
		if _, again := NewCycle(r); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("NewCycle says %v", again)
		}
	}
}

func TestRecipeValidateFindsEverythingAtOnce(t *testing.T) {
	err := Recipe{Dim: 0, Hidden: []int{-1, 0}, Base: Order{}, Start: "a", Groups: -2, Degrees: "b", Count: -2, Resample: "c"}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"dim:", "hidden[0]:", "hidden[1]:", "base:", "start:", "groups:", "degrees:", "count:", "resample:"} {
		if !strings.Contains("\n"+err.Error(), "\n"+field) {
			t.Errorf("nothing about %s in %v", field, err)
		}
	}
}
