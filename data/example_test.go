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
		rows = append(rows, []float64{float64(i%7) + 20, math.Sin(float64(i))})
	}
	table, err := data.FromRows(rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	table.Columns = []string{"age", "level"}
	splits, err := data.Split(table, data.Options{Seed: new(uint64(3))})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range splits.Sets() {
		fmt.Println(n.Split, n.Set.Rows, "rows of", n.Set.Columns)
	}
	fmt.Print(splits.Prep.Schema())
	// The model sees float32 of variance 1, and the widths of the cells of ages; ln p of the
	// source adds ln |det|.
	fmt.Printf("ln |det| = %.2f nats\n", splits.Test.RowLogDet(0))
	back, err := splits.Prep.Undo([]float32{0, 0})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("about the mean of train are %v, %.2f\n", back.At(0, 0), back.At(0, 1))
	// Output:
	// train 80 rows of [age level]
	// valid 10 rows of [age level]
	// test 10 rows of [age level]
	// column  role      kind
	// age     variable  integer
	// level   variable  real
	// ln |det| = 0.36 nats
	// about the mean of train are 23, -0.04
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
}

// The columns of a table are guessed from its rows, but for what is declared.
func ExampleGuessSchema() {
	table := &data.Table{Columns: []string{"height", "children", "city", "born"}}
	for i := range 60 {
		table.Append([]float64{1.5 + float64(i*i%41)/100, float64(i * i % 5), 0, 0})
		table.SetText(i, 2, []string{"Oslo", "Rome", "Bern"}[i%3])
		table.SetText(i, 3, fmt.Sprintf("%d.%d.%d", 1+i%28, 1+i%12, 1950+i))
	}
	schema, notes, err := data.GuessSchema(table, data.Options{Columns: data.Schema{{Name: "children", Min: new(0.0)}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(schema)
	for _, note := range notes {
		fmt.Println(note)
	}
	// Output:
	// column    role      kind
	// height    variable  real         step 0.01
	// children  variable  integer      at least 0
	// city      variable  categorical  3 levels: Bern, Oslo, Rome
	// born      variable  date         written like 2.1.2006
	// rounded: column "height" to 0.01 (if not: data.columns: {height: {exact: true}})
	// column "born" written like 2.1.2006 (if they are no dates: data.columns: {born: categorical})
	// numbers are standardised, to mean 0 and variance 1 of the training rows (if not: data.marginal: none)
}

// Every second row counts three times as much as the others, and every tenth not at all.
func ExamplePrepared_EffectiveRows() {
	rows := make([][]float64, 100)
	for i := range rows {
		weight := []float64{1, 3}[i%2]
		if i%10 == 0 {
			weight = 0
		}
		rows[i] = []float64{math.Sqrt(float64(i)), weight}
	}
	table, err := data.FromRows(rows)
	if err != nil {
		panic(err)
	}
	table.Columns = []string{"x", "w"}
	splits, err := data.Split(table, data.Options{Columns: data.Schema{{Name: "w", Role: data.WeightRole}}})
	if err != nil {
		panic(err)
	}
	fmt.Println(splits.Note)
	fmt.Printf("%d rows are as good as %.1f of one weight\n", splits.Train.Rows, splits.Train.EffectiveRows())
	// Output:
	// 10 rows of weight 0 left out; divided at random (seed 1) into 72, 9 and 9 rows
	// 72 rows are as good as 58.6 of one weight
}
