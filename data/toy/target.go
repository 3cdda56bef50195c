package toy

import (
	"errors"
	"slices"

	"github.com/maskflow/maskflow/data"
)

// Target is an unnormalised density exp(−U) that a flow is fitted to by reverse
// KL, without data.
type Target struct {
	Name, About string
	Dim         int
	// LogZ is ln ∫ exp(−U), to six digits.
	LogZ float64
}

// targets are the energies of Rezende and Mohamed 2015 (arXiv 1505.05770, table
// 1). Their graphs are in package iaf.
var targets = []Target{
	{"u1", "energy of a ring with two modes, fitted by reverse KL without data", 2, 1.877502},
	{"u2", "energy of a sine wave, fitted by reverse KL without data", 2, 2.625318},
	{"u3", "energy of a sine wave that splits in two, fitted by reverse KL without data", 2, 3.184934},
	{"u4", "energy of a sine wave with a branch of another shape, fitted by reverse KL without data", 2, 3.253927},
}

// Targets returns the targets. The entries are the caller's own.
func Targets() []Target { return slices.Clone(targets) }

// points are the numbers of points to train on in an epoch, and to estimate the
// divergence with.
var points = [3]int{100000, 20000, 200000}

// Load gives sets of points to come.
func (t Target) Load(o data.Options) (data.Source, error) {
	if o.Array != "" || o.Binarize != "" || o.Labels || o.ContextColumns > 0 || len(o.DropColumns) > 0 || o.Dequantize > 0 || o.Fold > 0 {
		return data.Source{}, errors.New("a target has no data: array, binarize, labels, context columns, drop columns, dequantise and fold have no meaning")
	}
	return data.Source{Target: t.Name, TargetDim: t.Dim, Points: points,
		Note: "a density to fit by reverse KL: there are no data, rows count the points that are drawn"}, nil
}
