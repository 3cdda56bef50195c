package format

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
)

// mixedTable is a table of text of so many rows with 14 columns of numbers and 6 of texts, all quoted or none.
func mixedTable(rows int, quoted bool) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t\n")
	for range rows {
		for c := range 14 {
			switch c % 3 {
			case 0:
				fmt.Fprintf(&b, "%d,", rng.IntN(1000))
			case 1:
				fmt.Fprintf(&b, "%.2f,", rng.NormFloat64())
			default:
				fmt.Fprintf(&b, "%v,", rng.NormFloat64())
			}
		}
		for c := range 6 {
			level := fmt.Sprintf("level %d", rng.IntN(3+40*c))
			if quoted {
				level = `"` + level + `"`
			}
			b.WriteString(level + ",\n"[c/5:][:1])
		}
	}
	return b.String()
}

// BenchmarkMixedTable reads and writes 10⁵ rows of 20 columns.
func BenchmarkMixedTable(b *testing.B) {
	for name, text := range map[string]string{"plain": mixedTable(1e5, false), "quoted": mixedTable(1e5, true)} {
		var table *data.Table
		b.Run("read/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				table = must.M1(ReadCSV(strings.NewReader(text), "t.csv", ReadOptions{}))
			}
		})
		b.Run("parquet/"+name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "x.parquet")
			must.M(WriteFile(path, table))
			for b.Loop() {
				must.M1(ReadFile(b.Context(), path, ReadOptions{}))
			}
		})
		b.Run("write/"+name, func(b *testing.B) {
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				must.M(WriteCSV(&out, table))
			}
		})
	}
}

// BenchmarkPages reads 10⁵ rows of 20 numbers page by page.
func BenchmarkPages(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 20e5)
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	table := must.M1(data.FromFlat(values, 20))
	for c := range 20 {
		table.Columns = append(table.Columns, fmt.Sprintf("x%d", c))
	}
	for _, name := range []string{"x.csv", "x.csv.gz", "x.parquet"} {
		path := filepath.Join(b.TempDir(), name)
		must.M(WriteFile(path, table))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rows := 0
				for t, err := range Pages(b.Context(), path, ReadOptions{})(1 << 14) {
					must.M(err)
					rows += t.Rows()
				}
				if rows != 1e5 {
					b.Fatal(rows)
				}
			}
		})
	}
}
