package format_test

import (
	"fmt"
	"strings"

	"github.com/maskflow/maskflow/data/format"
)

func ExampleReadCSV() {
	wine, err := format.ReadCSV(strings.NewReader("acidity;pH\n7.4;3.51\n7.8;n/a\n"), "wine.csv", format.ReadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(wine.Rows(), "rows of", wine.Columns)
	_, err = wine.Values()
	fmt.Println(err)
	// Output:
	// 2 rows of [acidity pH]
	// wine.csv: line 3, column "pH" is "n/a", not a number
}
