// Package vae is the variational autoencoder of Kingma and Welling, "Auto-Encoding
// Variational Bayes", arXiv 1312.6114, for binary data, whose posterior may be an
// inverse autoregressive flow as in Kingma, Salimans, Jozefowicz, Chen, Sutskever and
// Welling, arXiv 1606.04934:
//
//	(μ, ln σ, h) = encoder(x),  z⁰ = μ + σ·ε,  z = IAF(z⁰; h)
//	ln p(x) ≥ E[ln p(x | z) + ln N(z; 0, I) − ln q(z | x)]
//	ln q(z | x) = ln N(ε; 0, I) − Σ ln σ − ln |det ∂z/∂z⁰|
//
// Its likelihood is estimated from importance weights: see [models.Stochastic].
package vae

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
)

// Model is a variational autoencoder. Its objective is the evidence lower bound;
// while annealing, the KL divergence counts β times. It has no parameters of its own:
// see package models. It is safe for concurrent use.
type Model struct {
	o                Options
	encoder, decoder nn.MLP
	posterior        *iaf.Model // nil: diagonal
	scale            *nn.Scale  // of the encoder's standard deviations
	specs            []models.Spec

	encoderPart, decoderPart, posteriorPart models.Part
}

var (
	_ models.Stochastic  = (*Model)(nil)
	_ models.HostSampler = (*Model)(nil)
)

// New validates the options, every problem at once, and returns the model.
func New(o Options) (*Model, error) {
	o = o.clone()
	if err := option.Resolve(o.Table()); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	if o.Dim < 1 {
		return nil, fmt.Errorf("vae: dim: %d variables, need at least 1", o.Dim)
	}
	act, actErr := nn.ActivationByName(o.Activation)
	scale, scaleErr := nn.ScaleByName("soft_clip")
	glorot, err := models.InitByName("glorot")
	if err := errors.Join(actErr, scaleErr, err); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	v := &Model{o: o, scale: scale}
	outputs := 2 * o.Latent
	if o.Posterior == "iaf" {
		layers := o.Flow
		layers.Dim, layers.ContextDim, layers.Activation, layers.Seed = o.Latent, o.ContextDim, o.Activation, o.Seed
		if v.posterior, err = iaf.New(layers); err != nil {
			return nil, err
		}
		outputs += o.ContextDim
	}
	mlp := func(widths ...int) nn.MLP {
		return nn.MLP{Widths: widths, Activation: act, Init: glorot}
	}
	v.encoder = mlp(append(append([]int{o.Dim}, o.Encoder...), outputs)...)
	v.decoder = mlp(append(append([]int{o.Latent}, o.Decoder...), o.Dim)...)
	v.specs, v.encoderPart = models.Nest(nil, "encoder", v.encoder.Specs())
	v.specs, v.decoderPart = models.Nest(v.specs, "decoder", v.decoder.Specs())
	if v.posterior != nil {
		v.specs, v.posteriorPart = models.Nest(v.specs, "posterior", v.posterior.Specs())
	}
	return v, nil
}

// String describes the model in a few words.
func (v *Model) String() string {
	o := v.o
	text := fmt.Sprintf("vae %s, %s, posterior %s", nn.WidthsText(o.Dim, o.Encoder, o.Latent), nn.WidthsText(o.Latent, o.Decoder, o.Dim), o.Posterior)
	if v.posterior != nil {
		text += fmt.Sprintf(" of %d %s layers", o.Flow.Layers, o.Flow.Transform)
	}
	return text
}

// Dim is the number of binary variables.
func (v *Model) Dim() int { return v.o.Dim }

// ContextDim is 0.
func (v *Model) ContextDim() int { return 0 }

// Specs declares the parameters: "encoder.…", "decoder.…" and "posterior.…".
func (v *Model) Specs() []models.Spec { return v.specs }

// Support is that of bits.
func (v *Model) Support(int) models.Support { return models.Bits() }

// NoiseDim is the number of latent variables.
func (v *Model) NoiseDim() int { return v.o.Latent }

// Options returns what the model was made from, with its defaults.
func (v *Model) Options() Options { return v.o.clone() }

// Kind returns what builds an equal model.
func (v *Model) Kind() (models.Kind, models.Input) {
	o := v.o.clone()
	return &o, models.Input{Dim: v.o.Dim, Seed: v.o.Seed}
}

// PosteriorFlow is the flow of the posterior; nil when the posterior is diagonal.
func (v *Model) PosteriorFlow() *iaf.Model { return v.posterior }

// Posterior returns samples z of q(z | x), [batch, latent], for noise of that
// shape, with ln q(z | x), [batch].
func (v *Model) Posterior(p models.Params, x, noise *Node) (z, logq *Node) {
	return v.posteriorOf(p, x, noise, false)
}

// posteriorOf leaves, on request, the direct influence of the parameters on
// ln q out of the gradient.
func (v *Model) posteriorOf(p models.Params, x, noise *Node, path bool) (z, logq *Node) {
	n := v.o.Latent
	out := v.encoder.Apply(v.encoderPart.Params(p), x)
	part := func(from, to int) *Node { return Slice(out, AxisRange(), AxisRange(from, to)) }
	mean := part(0, n)
	logSigma := v.scale.Log(part(n, 2*n))
	z0 := Add(mean, Mul(Exp(logSigma), noise))
	if v.posterior == nil {
		if path {
			mean, logSigma = StopGradient(mean), StopGradient(logSigma)
		}
		return z0, v.gaussian(z0, mean, logSigma)
	}
	h, own := part(2*n, 2*n+v.o.ContextDim), v.posteriorPart.Params(p)
	if path {
		z, back, logDet := v.posterior.InversePath(own, z0, h)
		return z, Add(v.gaussian(back, StopGradient(mean), StopGradient(logSigma)), logDet)
	}
	z, logDet := v.posterior.Inverse(own, z0, h)
	return z, Sub(v.gaussian(z0, mean, logSigma), logDet)
}

// gaussian is ln N(z; μ, σ²), [batch].
func (v *Model) gaussian(z, mean, logSigma *Node) *Node {
	return nn.SumLast(nn.NormalLogProb(z, mean, Neg(logSigma)))
}

// terms are ln p(x | z) and ln q(z | x) − ln p(z), each [batch].
func (v *Model) terms(p models.Params, x, noise *Node, path bool) (likelihood, divergence *Node) {
	z, logq := v.posteriorOf(p, x, noise, path)
	likelihood = nn.BernoulliLogProb(x, v.decoder.Apply(v.decoderPart.Params(p), z))
	return likelihood, Sub(logq, nn.StandardNormalLogProb(z))
}

// Objective is the evidence lower bound.
func (v *Model) Objective() models.Objective {
	return models.Objective{Kind: models.Bound, Units: models.Nats}
}

// Stages is empty.
func (v *Model) Stages() []models.Stage { return nil }

// Value is the evidence lower bound of each row, with the KL divergence times β and no
// less than the free bits.
func (v *Model) Value(p models.Params, b models.Batch) *Node {
	likelihood, divergence := v.terms(p, b.X, b.Noise, v.o.StickTheLanding)
	if v.o.FreeBits > 0 {
		free := nn.Number(divergence, v.o.FreeBits*float64(v.o.Latent))
		mean := Reshape(Dot(ExpandAxes(divergence, 0), b.Weights).Product())
		divergence = Where(LessThan(mean, free), free, divergence)
	}
	return Sub(likelihood, Mul(divergence, b.Beta))
}

// Bound is ln p(x, z) − ln q(z | x) for the z that each row of noise gives: its
// mean is the evidence lower bound, and the logarithm of the mean of its
// exponential over noise comes to ln p(x) (Burda et al. 2016, arXiv 1509.00519).
func (v *Model) Bound(p models.Params, x, _, noise *Node) *Node {
	likelihood, divergence := v.terms(p, x, noise, false)
	return Sub(likelihood, divergence)
}
