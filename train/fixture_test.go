package train

import (
	"math/rand/v2"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/vae"
)

// must is for what can only fail when the test itself is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// stackOf are small layers over dim variables.
func stackOf(dim, context, layers int) flow.StackOptions {
	return flow.StackOptions{Dim: dim, ContextDim: context, Hidden: []int{7}, Activation: "tanh", Init: "lecun", Seed: 5, Layers: layers}
}

// normalising is a MAF that normalises by its batches.
func normalising(dim, context int) *maf.Model {
	stack := stackOf(dim, context, 2)
	stack.Normalise = "batch"
	return must(maf.New(maf.Options(stack)))
}

// tinyVAE has two latent variables, and an IAF for a posterior.
func tinyVAE(dim int) *vae.Model {
	return must(vae.New(vae.Options{Dim: dim, Latent: 2, Encoder: []int{7}, Decoder: []int{5}, Activation: "tanh", ContextDim: 3, StickTheLanding: true,
		Flow: iaf.Options(stackOf(2, 3, 1))}))
}

// student is an IAF that is fitted to a MAF with random weights.
func student(t testing.TB) (*iaf.Variational, models.Weights) {
	t.Helper()
	teacher := must(maf.New(maf.Options(stackOf(3, 0, 1))))
	rng := rand.New(rand.NewPCG(3, 3))
	w := models.Initialize(teacher, 1)
	for i := range w {
		for k := range w[i] {
			w[i][k] += float32(0.3 * rng.NormFloat64())
		}
	}
	target := must(iaf.Teacher("maf", teacher, w))
	return must(iaf.NewVariational(must(iaf.New(iaf.Options(stackOf(3, 0, 1)))), target, iaf.VariationalOptions{})), w
}

// points are sets for a model that is trained without data.
func points(train, valid, dim int) *data.Splits {
	return &data.Splits{Train: &data.Prepared{Name: "train", Rows: train}, Valid: &data.Prepared{Name: "valid", Rows: valid}, Dim: dim}
}

// waves are rows of real numbers of which each column depends on the one before,
// at a scale of its own.
func waves(name string, seed uint64, rows, dim, context int) *data.Prepared {
	rng := rand.New(rand.NewPCG(seed, 4))
	s := &data.Prepared{Name: name, Rows: rows, Dim: dim, ContextDim: context}
	for range rows {
		last := 0.0
		for d := range dim {
			last = 0.8*last + rng.NormFloat64()
			s.X = append(s.X, float32(3*float64(d+1)*last-float64(d)))
		}
		for range context {
			s.Context = append(s.Context, float32(rng.NormFloat64()))
		}
	}
	return s
}

func waveSplits(train, valid, test, dim, context int) *data.Splits {
	return &data.Splits{Train: waves("train", 1, train, dim, context), Valid: waves("valid", 2, valid, dim, context),
		Test: waves("test", 3, test, dim, context), Dim: dim, ContextDim: context}
}
