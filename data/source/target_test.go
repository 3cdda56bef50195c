package source

import (
	"context"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

func TestTargets(t *testing.T) {
	for _, name := range []string{"u1", "u2", "u3", "u4"} {
		s, err := Load(context.Background(), data.Options{Source: name, DropColumns: []string{}})
		if err != nil {
			t.Fatal(err)
		}
		if s.Target != name || s.Dim != 2 || s.Train.Rows != 100000 || s.Valid.Rows != 20000 || s.Test.Rows != 200000 {
			t.Errorf("%+v", s)
		}
		for _, n := range s.Sets() {
			if n.Set.Dim != 0 || n.Set.X != nil {
				t.Errorf("%s of %s has data", n.Split, name)
			}
		}
		d := data.Describe(s)
		if d.Target != name || d.Dim != 2 || d.Binary || len(d.Splits) != 3 || d.Splits[1].Rows != 20000 || d.IndependentNLL != 0 || d.GaussianNLL != 0 {
			t.Errorf("%+v", d)
		}
	}
	for _, o := range []data.Options{{Labels: true}, {Binarize: "sample"}, {ContextColumns: 1}, {DropColumns: []string{"0"}}, {Dequantize: 3}, {Fold: 1, Folds: 2}, {Array: "a"}} {
		o.Source = "u1"
		_, err := Load(context.Background(), o)
		datatest.WantError(t, err, "reading u1", "a target has no data")
	}
	if s, err := Load(context.Background(), data.Options{Source: "banana"}); err != nil || s.Target != "" {
		t.Errorf("banana is a target: %v", err)
	}
}
