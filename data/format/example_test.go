package format_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
)

// A table goes to a file, whose suffix gives its kind, and comes back.
func Example() {
	dir, err := os.MkdirTemp("", "rows")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "rows.csv.gz")
	rows, err := data.FromRows([][]float64{{1, 0.5}, {2, 0.25}})
	if err == nil {
		rows.Columns = []string{"n", "share"}
		err = format.WriteFile(path, rows)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := format.ReadFile(context.Background(), path, format.ReadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.Columns, back.Row(nil, 1))
	// Output: [n share] [2 0.25]
}

func ExampleReadCSV() {
	wine, err := format.ReadCSV(strings.NewReader("acidity;pH\n7.4;3.51\n7.8;few\n"), "wine.csv", format.ReadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(wine.Rows(), "rows of", wine.Columns)
	_, err = wine.Values()
	fmt.Println(err)
	// Output:
	// 2 rows of [acidity pH]
	// wine.csv: line 3, column "pH" is "few", not a number
}

// A table as a spreadsheet in German writes it.
func ExampleReadCSV_dialect() {
	text := "größe;gewicht\n1,75;70,5\n"
	rows, err := format.ReadCSV(strings.NewReader(text), "people.csv", format.ReadOptions{Dialect: data.Dialect{Decimal: "comma"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rows.Columns, rows.Row(nil, 0))
	// Output: [größe gewicht] [1.75 70.5]
}
