package data_test

import (
	"fmt"

	"github.com/maskflow/maskflow/data"
)

// Rows in memory become three prepared sets, and what a model gives becomes rows in
// the units of the source again.
func Example() {
	var rows [][]float64
	for i := range 100 {
		rows = append(rows, []float64{float64(i), float64(i%7) / 10})
	}
	table, err := data.FromRows(rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	table.Columns = []string{"time", "level"}
	splits, err := data.Split(table, data.Options{Standardise: true, Seed: new(uint64(3))})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range splits.Sets() {
		fmt.Println(n.Split, n.Set.Rows, "rows of", n.Set.Columns)
	}
	// The model sees standardised float32; ln p of the source adds ln |det|.
	fmt.Printf("ln |det| = %.2f nats\n", splits.Test.RowLogDet(0))
	back, err := splits.Prep.Undo([]float32{0, 0})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("the mean of train is %.1f, %.2f\n", back.At(0, 0), back.At(0, 1))
	// Output:
	// train 80 rows of [time level]
	// valid 10 rows of [time level]
	// test 10 rows of [time level]
	// ln |det| = -1.74 nats
	// the mean of train is 49.8, 0.31
}
