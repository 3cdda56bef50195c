package iaf

import (
	"errors"
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Target is an unnormalised density that a flow is fitted to.
type Target struct {
	// Name is what messages call it.
	Name string
	// Dim is the number of variables.
	Dim int
	// LogDensity returns ln of the unnormalised density of x [batch, dim], shape
	// [batch] in nats. p has the target's own parameters, if it declares any.
	LogDensity func(p models.Params, x *Node) *Node
	// Specs are parameters of the target, which are not trained.
	Specs []models.Spec
	// LogZ is ln of the normaliser, ∫ exp LogDensity, in nats; NaN when it is not
	// known.
	LogZ float64
}

// VariationalOptions say how a flow is fitted to a target. The zero value is the
// plain estimator.
type VariationalOptions struct {
	// StickTheLanding leaves out of the gradient the direct influence of the
	// parameters on the flow's own density, whose mean is zero (Roeder, Wu and
	// Duvenaud 2017, arXiv 1703.09194): the closer the flow comes to the target,
	// the smaller is the gradient's variance. A step then takes dim times the
	// work of a layer.
	StickTheLanding bool
}

// Variational is a flow q that is fitted to a target p̃ = Z·p without data, by
// the gradient of
//
//	KL(q ‖ p) = E_q[ln q(x) − ln p̃(x)] + ln Z
//
// estimated with samples of q, through which gradients flow. Fit is q. While
// annealing, ln p̃ counts β times.
type Variational struct {
	flow           *Model
	target         Target
	o              VariationalOptions
	specs          []models.Spec
	flowPart, rest models.Part // of the flow and of the target
}

var (
	_ models.Fitted      = (*Variational)(nil)
	_ models.HostSampler = (*Variational)(nil)
)

// NewVariational returns the fit of a flow without context to a target over as
// many variables.
func NewVariational(m *Model, t Target, o VariationalOptions) (*Variational, error) {
	if m == nil || t.LogDensity == nil {
		return nil, errors.New("iaf: a fit to a target needs a flow and the target's log-density")
	}
	if m.Dim() != t.Dim {
		return nil, fmt.Errorf("iaf: the target %s has %d variables, but the flow %d", t.Name, t.Dim, m.Dim())
	}
	if m.ContextDim() > 0 {
		return nil, fmt.Errorf("iaf: a flow that is fitted to the target %s takes no context", t.Name)
	}
	v := &Variational{flow: m, target: t, o: o}
	v.specs, v.flowPart = models.Nest(nil, "", m.Specs())
	v.specs, v.rest = models.Nest(v.specs, "target", t.Specs)
	for i := len(m.Specs()); i < len(v.specs); i++ {
		v.specs[i].Fixed = true
	}
	return v, nil
}

// String describes the flow.
func (v *Variational) String() string { return v.flow.String() }

// Fit is the flow, with its place among the parameters.
func (v *Variational) Fit() (models.Density, models.Part) { return v.flow, v.flowPart }

// Dim is the number of variables.
func (v *Variational) Dim() int { return v.flow.Dim() }

// ContextDim is 0.
func (v *Variational) ContextDim() int { return 0 }

// Support is that of real numbers.
func (v *Variational) Support(d int) models.Support { return v.flow.Support(d) }

// Kind returns what builds an equal model, of a target that has a name.
func (v *Variational) Kind() (models.Kind, models.Input) {
	o := v.flow.opts.clone()
	o.StickTheLanding = v.o.StickTheLanding
	return &o, models.Input{Dim: v.Dim(), Seed: o.Seed, Target: v.target.Name}
}

// Target is what the flow is fitted to.
func (v *Variational) Target() Target { return v.target }

// Specs declares the parameters of the flow, then those of the target, called
// "target.…".
func (v *Variational) Specs() []models.Spec { return v.specs }

// NoiseDim is the number of variables.
func (v *Variational) NoiseDim() int { return v.Dim() }

// Stages is empty: there are no rows to take statistics of.
func (v *Variational) Stages() []models.Stage { return nil }

// Objective is the divergence from the target.
func (v *Variational) Objective() models.Objective {
	return models.Objective{Kind: models.Divergence, Units: models.Nats, LogZ: v.target.LogZ}
}

// Value is β·ln p̃(x) − ln q(x) for the sample x that each row of noise gives.
func (v *Variational) Value(p models.Params, b models.Batch) *Node {
	x, logq := v.sample(p, b.Noise)
	target := v.target.LogDensity(v.rest.Params(p), x)
	return Sub(Mul(target, b.Beta), logq)
}

func (v *Variational) sample(p models.Params, noise *Node) (x, logq *Node) {
	if v.o.StickTheLanding {
		return v.flow.SampleAndPathLogProb(p, noise, nil)
	}
	return v.flow.SampleAndLogProb(p, noise, nil)
}

// Bound is ln p̃(x) − ln q(x), whose mean is ln Z − KL(q ‖ p) and the mean of
// whose exponential is Z.
func (v *Variational) Bound(p models.Params, _, _, noise *Node) *Node {
	x, logq := v.flow.SampleAndLogProb(p, noise, nil)
	return Sub(v.target.LogDensity(v.rest.Params(p), x), logq)
}

// NewSampler samples the flow.
func (v *Variational) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	if err := w.Check(v); err != nil {
		return nil, fmt.Errorf("iaf: %w", err)
	}
	return v.flow.NewSampler(v.flowPart.Weights(w), set)
}

// Teacher is a density with trained weights as a target: fitting an IAF to a MAF
// distils the flow with the fast density into one with fast samples (van den
// Oord et al. 2018, "Parallel WaveNet", arXiv 1711.10433). Its normaliser is 1.
// The weights are copied. A density with a context cannot teach, nor can one of
// bits, nor one whose density takes a loop in the graph: these are errors, as are
// weights that do not fit.
func Teacher(name string, d models.Density, w models.Weights) (Target, error) {
	if err := w.Check(d); err != nil {
		return Target{}, fmt.Errorf("iaf: teacher %s: %w", name, err)
	}
	if d.ContextDim() > 0 {
		return Target{}, fmt.Errorf("iaf: teacher %s takes a context", name)
	}
	for i := range d.Dim() {
		if s := d.Support(i); s != models.Reals() {
			return Target{}, fmt.Errorf("iaf: variable %d of teacher %s is %v, but a flow is a density of real numbers", i, name, s)
		}
	}
	if f, ok := d.(models.Flow); ok && f.Loops() || models.Passes(d) {
		return Target{}, fmt.Errorf("iaf: teacher %s computes its density variable by variable; take a MAF", name)
	}
	t := Target{Name: name, Dim: d.Dim(), LogZ: 0,
		LogDensity: func(p models.Params, x *Node) *Node { return d.LogProb(p, x, nil) }}
	for i, s := range d.Specs() {
		values := append([]float32(nil), w[i]...)
		s.Init = func(*rand.Rand, []int) []float32 { return append([]float32(nil), values...) }
		t.Specs = append(t.Specs, s)
	}
	return t, nil
}
