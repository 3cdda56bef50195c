package main

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data/format"
)

var (
	tiny     = network{dim: 7, hidden: []int{5, 3}, rows: 130, batch: 11}
	tinyNADE = anyOrder{dim: 7, hidden: []int{5, 3}, orders: 2, rows: 130, batch: 11}
)

func TestSidesOfOurs(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, c := range []struct {
		name string
		make work
		of   task
	}{
		{"train", trainSide, tiny},
		{"train, orders cycled", trainSide, tiny.with(3)},
		{"train, unlimited orders", trainSide, tiny.with(-1)},
		{"density", densitySide, tiny},
		{"sample", sampleSide, tiny},
		{"train a NADE", trainSide, tinyNADE},
		{"density of a NADE", densitySide, tinyNADE},
		{"train a MAF", trainSide, tinyMAF},
		{"density of a MAF", densitySide, tinyMAF},
		{"sample a MAF", sampleSide, tinyMAF},
		{"train an IAF", trainSide, tinyIAF},
		{"sample an IAF", sampleSide, tinyIAF},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := c.make(c.name, b, c.of)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			for range 2 {
				got, err := s.round(context.Background(), 20*time.Millisecond)
				if err != nil || !(got > 0) {
					t.Errorf("round gave %+v, %v", got, err)
				}
			}
			for _, v := range s.check {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("check numbers %v, want finite ones", s.check)
				}
			}
		})
	}
}

// The file for the peer holds the network that maskflow evaluates: a plain
// forward pass over it gives the same log-likelihoods.
func TestFileHoldsTheNetwork(t *testing.T) {
	s, err := densitySide("density", backendtest.Open(t, backend.KindGo), tiny)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	path, err := tiny.save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []float32 {
		a, err := format.ReadFile(context.Background(), path, format.ReadOptions{Array: name})
		if err != nil {
			t.Fatal(err)
		}
		return a.Float32()
	}
	rows := read("rows")
	degrees := [][]float32{read("degrees0"), read("degrees1"), read("degrees2"), read("degrees0")}
	for i, want := range s.check {
		x := rows[i*tiny.dim : (i+1)*tiny.dim]
		h := x
		for l := range 3 {
			w, b := read([]string{"weights0", "weights1", "weights2"}[l]), read([]string{"bias0", "bias1", "bias2"}[l])
			out := make([]float32, len(b))
			for k := range out {
				out[k] = b[k]
				for j, v := range h {
					sees := degrees[l][j] <= degrees[l+1][k]
					if l == 2 {
						sees = degrees[l][j] < degrees[l+1][k]
					}
					if sees {
						out[k] += v * w[j*len(out)+k]
					}
				}
				if l < 2 {
					out[k] = max(out[k], 0)
				}
			}
			h = out
		}
		got := 0.0
		for d, logit := range h {
			got += float64(x[d])*float64(logit) - math.Log1p(math.Exp(float64(logit)))
		}
		if math.Abs(got-want) > 1e-5*math.Abs(want) {
			t.Fatalf("row %d: %v by hand, %v by maskflow", i, got, want)
		}
	}
}
