package source_test

import (
	"context"
	"fmt"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/data/toy"
)

func ExampleLoad() {
	s, err := source.Load(context.Background(), data.Options{Source: "connect4"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range s.Sets() {
		fmt.Println(n.Split, n.Set.Rows, "rows of", n.Set.Dim)
	}
	fmt.Println("binary:", s.Train.CheckBinary() == nil)
	// Output:
	// train 16000 rows of 126
	// valid 4000 rows of 126
	// test 47557 rows of 126
	// binary: true
}

// The truth scores its entropy on its own rows: no model can do better.
func ExampleLoad_truth() {
	banana, _ := toy.ByName("banana")
	s, err := source.Load(context.Background(), data.Options{Source: "banana", Seed: new(uint64(1))})
	if err != nil {
		fmt.Println(err)
		return
	}
	var nll float64
	for i := range s.Train.Rows {
		row := s.Train.Row(i)
		nll -= banana.LogDensity(float64(row[0]), float64(row[1])) / float64(s.Train.Rows)
	}
	fmt.Printf("entropy %.1f, mean over the rows %.1f nats\n", banana.Entropy(), nll)
	// Output:
	// entropy 3.5, mean over the rows 3.5 nats
}
