package data_test

import (
	"fmt"
	"math"
	"strings"

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

// What is odd about the columns of a table has a line each.
func ExampleSplits_Warnings() {
	table := &data.Table{Name: "weather", Columns: []string{"temperature", "storms"}}
	for i := range 300 {
		row := []float64{20 + math.Sin(float64(i)), float64(i % 3)}
		if i%60 == 0 {
			row[0] = -9999
		}
		table.Append(row)
	}
	splits, err := data.Split(table, data.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range splits.Warnings(true) { // of a density of real numbers
		what, _, _ := strings.Cut(line, " (a ")
		fmt.Println(what)
	}
	// Output:
	// column "temperature" is -9999 in 5 rows, far from its other values
	// values that repeat: column "storms" (3 distinct values of 240)
}
