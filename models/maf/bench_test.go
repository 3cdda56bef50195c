package maf

import (
	"fmt"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// sizes are a flow that fits a processor's caches, and one that does not.
var sizes = []struct {
	layers, dim, width, batch int
}{{5, 21, 128, 1000}, {10, 63, 512, 100}}

func eachSize(b *testing.B, f func(b *testing.B, m *Model, batch int)) {
	for _, s := range sizes {
		m := must(New(Options{Layers: s.layers, Dim: s.dim, Hidden: []int{s.width, s.width}}))
		b.Run(fmt.Sprintf("%dx(%d-%d-%d)", s.layers, s.dim, s.width, s.width), func(b *testing.B) { f(b, m, s.batch) })
	}
}

func perRow(b *testing.B, batch int) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch), "µs/row")
}

func BenchmarkLogProb(b *testing.B) {
	for _, kind := range []string{backend.KindGo, backend.KindXLA} {
		b.Run(kind, func(b *testing.B) {
			own := backendtest.Open(b, kind)
			eachSize(b, func(b *testing.B, m *Model, batch int) {
				w, x := randomWeights(m, 1), normals(1, batch*m.Dim(), 1)
				specs := m.Specs()
				exec, err := NewExec(own.Compute, func(args []*Node) *Node {
					return m.LogProb(models.Bind(specs, args[:len(specs)]), args[len(specs)], nil)
				})
				if err != nil {
					b.Fatal(err)
				}
				defer exec.Finalize()
				args := append(arguments(m, w), matrix(x, m.Dim()))
				call := func() {
					logp, err := exec.Call1(args...)
					if err != nil {
						b.Fatal(err)
					}
					logp.MustFinalizeAll()
				}
				call() // compiles
				for b.Loop() {
					call()
				}
				perRow(b, batch)
			})
		})
	}
}

func BenchmarkSample(b *testing.B) {
	eachSize(b, func(b *testing.B, m *Model, batch int) {
		// Initial weights: samples of many random layers leave the range of float32.
		sampler := must(m.NewSampler(models.Initialize(m, 1), nil))
		noise, x := make([]float32, batch*sampler.NoiseDim()), make([]float32, batch*m.Dim())
		sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), noise)
		for b.Loop() {
			if _, err := sampler.Sample(b.Context(), x, noise, nil, models.Incremental); err != nil {
				b.Fatal(err)
			}
		}
		perRow(b, batch)
	})
}
