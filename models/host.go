package models

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/maskflow/maskflow/masks"
)

// HostSampler is a model that draws samples on the host, without a compiled
// graph, from its weights.
type HostSampler interface {
	// NewSampler prepares sampling, of a masked density in the order of the mask
	// set; other models take nil. The weights follow Specs and are copied.
	NewSampler(w Weights, set *masks.Set) (Sampler, error)
}

// Sampler turns noise into samples. It is safe for concurrent use.
type Sampler interface {
	// NoiseDim is the number of random numbers that a sample is made from.
	NoiseDim() int
	// DrawNoise fills the noise of samples, row-major [n, noiseDim], one row after
	// the other: the noise of a sample does not depend on how many follow.
	DrawNoise(rng *rand.Rand, noise []float32)
	// Sample writes n samples to dst, row-major [n, dim], from noise as DrawNoise
	// draws it, [n, noiseDim], and a context [n, contextDim] (nil without one). The
	// same noise gives the same bits with every method and number of processors.
	// passes is the largest number of times that any row went through any one
	// network, 0 where no network is inverted. It returns ctx's error when cancelled;
	// dst is then partly written.
	Sample(ctx context.Context, dst, noise, context []float32, method Method) (passes int, err error)
}

// Completer is a sampler of variables that may be missing.
type Completer interface {
	Sampler
	// Complete is the sampler of rows of which nothing is missing: each variable is drawn given that
	// it has a value.
	Complete() Sampler
}

// GivenSampler is a sampler of rows of which something is given.
type GivenSampler interface {
	Sampler
	// SampleGiven is Sample for rows dst of which some values are given, or codes of states: only what is [NotKnown]
	// is drawn, given these, in the order of the sampler. Rows may differ in what is given; where nothing is, the same
	// noise makes the same sample as in Sample. An error names a number of a row that its variable cannot have.
	SampleGiven(ctx context.Context, dst, noise, context []float32, method Method) (passes int, err error)
}

// Inverter is a flow on the host. It is safe for concurrent use. Values that are
// not finite are an error that names the layer, the row and the variable; so is
// a context of the wrong size.
type Inverter interface {
	// ToData maps noise z, row-major [n, dim], to data in place. passes is the
	// largest number of times that any row went through any one network.
	ToData(ctx context.Context, z, context []float32, solver Solver) (passes int, err error)
	// ToNoise maps data x to noise in place: the latent codes of the rows.
	ToNoise(ctx context.Context, x, context []float32, solver Solver) (passes int, err error)
}

// Solver says how the direction of a masked layer is computed in which every
// variable needs those before it. The zero value is the exact incremental
// method.
type Solver struct {
	Method Method
	// Tolerance is for Jacobi: it ends when no variable of a row changes by more
	// than Tolerance·(1 + |value|). 0 goes on until nothing changes, which is exact.
	Tolerance float64
	// MaxPasses is for Jacobi: 0 means the number of variables, after which the
	// result is exact. With fewer it may come to an end that is not a solution,
	// which is an error.
	MaxPasses int
}

// Check returns an error for a method that does not exist or a negative field.
func (s Solver) Check() error {
	if s.Method < Incremental || s.Method > Jacobi {
		return fmt.Errorf("unknown method %d", s.Method)
	}
	if !(s.Tolerance >= 0) || s.MaxPasses < 0 {
		return fmt.Errorf("a tolerance of %v and at most %d passes: need 0 or more of both", s.Tolerance, s.MaxPasses)
	}
	return nil
}

// Method is a way to draw samples, or to invert a flow.
type Method int

const (
	// Incremental touches every weight once a sample: hidden units are visited
	// in the order of their degrees and each is computed when the last input
	// that it may see is known. The default.
	Incremental Method = iota
	// Sequential computes the whole network anew for every variable: the
	// textbook's method and the reference for tests.
	Sequential
	// Jacobi computes the whole network for all variables at once and repeats
	// until nothing changes: exact after at most dim passes, usually far fewer.
	Jacobi
)

// CheckFinite returns a *NonFiniteError with a hint for the first value of rows [n, dim]
// that is not finite.
func CheckFinite(where, hint string, rows []float32, dim int) error {
	for i, v := range rows {
		if v-v != 0 { // ±Inf and NaN
			return &NonFiniteError{Where: where, Row: i / dim, Variable: i % dim, Value: float64(v), Hint: hint}
		}
	}
	return nil
}

// NonFiniteError reports a value that left the range of float32.
type NonFiniteError struct {
	// Where is what computed it, as a layer of a flow ("layer3, affine").
	Where string
	// Row and Variable count from 0; Variable is −1 when it is not about one.
	Row, Variable int
	// Value is +Inf, −Inf or NaN.
	Value float64
	// Hint is what may be done about it by the options of the model, or "".
	Hint string
}

func (e *NonFiniteError) Error() string {
	at := fmt.Sprintf("row %d", e.Row)
	if e.Variable >= 0 {
		at += fmt.Sprintf(", variable %d", e.Variable)
	}
	hint := ""
	if e.Hint != "" {
		hint = " (" + e.Hint + ")"
	}
	return fmt.Sprintf("%s: %s is %v (counted from 0): the values left the range of float32%s", e.Where, at, e.Value, hint)
}
