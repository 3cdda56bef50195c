package data_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/maskflow/maskflow/data"
)

func ExampleLoad() {
	s, err := data.Load(context.Background(), data.Options{Source: "connect4"})
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
func ExampleToy() {
	banana, _ := data.ToyByName("banana")
	s, err := data.Load(context.Background(), data.Options{Source: "banana", Seed: 1})
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

func ExampleReadCSV() {
	_, err := data.ReadCSV(strings.NewReader("acidity;pH\n7.4;3.51\n7.8;n/a\n"), "wine.csv", data.ReadOptions{})
	fmt.Println(err)
	// Output:
	// reading wine.csv: line 3, column "pH" is "n/a", not a number
}
