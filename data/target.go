package data

import "errors"

// targets are the energies of Rezende and Mohamed 2015 (arXiv 1505.05770, table
// 1): unnormalised densities exp(−U) of two variables without data.
var targets = []struct{ name, about string }{
	{"u1", "energy of a ring with two modes, fitted by reverse KL without data"},
	{"u2", "energy of a sine wave, fitted by reverse KL without data"},
	{"u3", "energy of a sine wave that splits in two, fitted by reverse KL without data"},
	{"u4", "energy of a sine wave with a branch of another shape, fitted by reverse KL without data"},
}

const targetDim = 2

// targetRows are the numbers of points to train on in an epoch, and to estimate
// the divergence with.
var targetRows = [3]int{100000, 20000, 200000}

func isTarget(name string) bool {
	for _, t := range targets {
		if t.name == name {
			return true
		}
	}
	return false
}

// loadTarget gives sets of points to come.
func loadTarget(o Options) (*Splits, error) {
	if o.Array != "" || o.Binarize != "" || o.Labels || o.ContextColumns > 0 || len(o.DropColumns) > 0 || o.Dequantize > 0 || o.Fold > 0 {
		return nil, errors.New("a target has no data: array, binarize, labels, context columns, drop columns, dequantise and fold have no meaning")
	}
	var sets [3]*Set
	for i, name := range []string{"train", "valid", "test"} {
		sets[i] = &Set{Name: o.Source + " (" + name + ")", Rows: targetRows[i]}
	}
	return &Splits{Train: sets[0], Valid: sets[1], Test: sets[2], Target: o.Source, Dim: targetDim,
		Note: "a density to fit by reverse KL: there are no data, rows count the points that are drawn"}, nil
}
