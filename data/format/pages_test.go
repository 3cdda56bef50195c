package format

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// pagedTable has numbers, holes, whole numbers with leading zeros, levels and dates.
func pagedTable(rows int) *data.Table {
	t := must.M1(data.FromFlat(make([]float64, rows*4), 4, "x", "hole", "level", "day"))
	for i := range rows {
		t.Set(i, 0, math.Sqrt(float64(i)))
		if i%7 > 0 {
			t.Set(i, 1, float64(i%5)/3)
		} else {
			t.Set(i, 1, math.NaN())
		}
		t.SetText(i, 2, []string{"red", "green", "pale blue"}[i%3])
		t.SetText(i, 3, fmt.Sprintf("20%02d-01-02", i%90))
	}
	return t
}

// samePages compares pages with the table of all rows, cell by cell and place by place.
func samePages(t *testing.T, name string, pages iter.Seq2[*data.Table, error], rows int, want *data.Table) {
	t.Helper()
	at, n := 0, 0
	for page, err := range pages {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n++; page.Rows() > rows {
			t.Fatalf("%s: a page of %d rows", name, page.Rows())
		}
		for i := range page.Rows() {
			for c := range 4 {
				v, w := page.At(i, c), want.At(at+i, c)
				text, isText := page.Text(i, c)
				wantText, wantIs := want.Text(at+i, c)
				if math.Float64bits(v) != math.Float64bits(w) && !isText || text != wantText || isText != wantIs || page.Place(i, c) != want.Place(at+i, c) {
					t.Fatalf("%s: row %d, column %d is %v %q at %s, want %v %q at %s", name, at+i, c, v, text, page.Place(i, c), w, wantText, want.Place(at+i, c))
				}
			}
		}
		at += page.Rows()
	}
	if at != want.Rows() || n != (at+rows-1)/rows {
		t.Fatalf("%s: %d rows in %d pages, want %d", name, at, n, want.Rows())
	}
}

func TestPagesAreTheTable(t *testing.T) {
	dir := t.TempDir()
	table := pagedTable(1_009)
	for _, name := range []string{"t.csv", "t.csv.gz", "t.tsv", "t.parquet"} {
		path := filepath.Join(dir, name)
		must.M(WriteRows(path, AnyRows, func(write func(*data.Table) error) error {
			for first := 0; first < 1_009; first += 500 {
				some := make([]int, min(500, 1_009-first))
				for i := range some {
					some[i] = first + i
				}
				must.M(write(data.Part{Table: table, Rows: some}.Select()))
			}
			return nil
		}))
		want := must.M1(ReadFile(t.Context(), path, ReadOptions{}))
		for _, rows := range []int{1, 97, 1_009, 5_000} {
			read := Pages(t.Context(), path, ReadOptions{})
			samePages(t, name, read(rows), rows, want)
			samePages(t, name+" again", read(rows), rows, want)
		}
		samePages(t, name+" at once", Pages(t.Context(), path, ReadOptions{})(0), 1_009, want)
	}
}

// Pages end within, at and behind the ends of row groups, which are as large as those of a writer.
func TestPagesOfRowGroups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.parquet")
	must.M(WriteFile(path, pagedTable(2*parquetRows+3)))
	want := must.M1(ReadFile(t.Context(), path, ReadOptions{}))
	for _, rows := range []int{50_000, parquetRows, parquetRows + 1} {
		samePages(t, strconv.Itoa(rows), Pages(t.Context(), path, ReadOptions{})(rows), rows, want)
	}
}

func TestPagesStop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.parquet")
	must.M(WriteFile(path, pagedTable(300)))
	for range 2 {
		for page, err := range Pages(t.Context(), path, ReadOptions{})(100) {
			if err != nil || page.Rows() != 100 {
				t.Fatal(err)
			}
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	large := filepath.Join(t.TempDir(), "t.csv")
	must.M(os.WriteFile(large, []byte(strings.Repeat("1.5,2\n", 1<<16)), 0o600))
	pages := 0
	for _, err := range Pages(ctx, large, ReadOptions{})(1_000) {
		if cancel(); err == nil {
			pages++
			continue
		}
		if !errors.Is(err, context.Canceled) || pages > 30 { // of what the buffer has
			t.Fatalf("%v after %d pages", err, pages)
		}
		return
	}
	t.Fatal("a reader that was cancelled goes on")
}

// What is wrong with a late line comes behind the pages before it, by its line.
func TestPagesRefuse(t *testing.T) {
	const rows = 1_000
	ok := strings.Repeat("1,2.5\n", rows)
	for what, want := range map[string][]string{
		"3\n":       {"t.csv", "line 1002 has 1 cell", "line 1 has 2"},
		"1,inf\n":   {"t.csv", `line 1002, column "b" is +Inf`},
		"\"1,2\n":   {"t.csv", "quote", "line 1002"},
		"1,\"2\"x5": {"t.csv", "line 1002", "quote"},
	} {
		seen := 0
		var last error
		for page, err := range PagesOfCSV(strings.NewReader("a,b\n"+ok+what), "t.csv", ReadOptions{})(100) {
			if last = err; err == nil {
				seen += page.Rows()
			}
		}
		datatest.WantError(t, last, want...)
		if seen != rows {
			t.Errorf("%q: %d rows before the error", what, seen)
		}
	}
	for _, err := range Pages(t.Context(), datatest.Temp(t, "t.csv", []byte("a,b\n")), ReadOptions{})(10) {
		datatest.WantError(t, err, "no rows", "header on line 1")
	}
	path := filepath.Join(t.TempDir(), "torn.parquet")
	must.M(WriteFile(path, pagedTable(2*parquetRows)))
	whole := must.M1(os.ReadFile(path))
	copy(whole[len(whole)*3/4:], make([]byte, 1<<12))
	must.M(os.WriteFile(path, whole, 0o600))
	failed := false
	for _, err := range Pages(t.Context(), path, ReadOptions{})(1_000) {
		failed = failed || err != nil
	}
	if !failed {
		t.Error("a damaged row group has pages")
	}
}

// A column that a model knows to have codes has them in every page, whatever the page has.
func TestPagesOfCodes(t *testing.T) {
	schema := data.Schema{{Name: "zip", Kind: data.Categorical, Levels: []string{"007", "7", "10"}}, {Name: "x"}}
	text := "zip,x\n7,1\n10,2\n007,3\n"
	var got []string
	for page, err := range PagesOfCSV(strings.NewReader(text), "t.csv", ReadOptions{Schema: schema})(1) {
		must.M(err)
		cell, _ := page.Text(0, 0)
		got = append(got, cell)
	}
	if strings.Join(got, " ") != "7 10 007" {
		t.Errorf("codes are %q", got)
	}
}

// The limit on values is one of what is held.
func TestPagesLimit(t *testing.T) {
	text := strings.Repeat("1,2\n", 100)
	rows := 0
	for page, err := range PagesOfCSV(strings.NewReader(text), "t.csv", ReadOptions{MaxValues: 50})(25) {
		must.M(err)
		rows += page.Rows()
	}
	if rows != 100 {
		t.Errorf("%d rows", rows)
	}
	for _, err := range PagesOfCSV(strings.NewReader(text), "t.csv", ReadOptions{MaxValues: 49})(25) {
		datatest.WantError(t, err, "line 25", "more than 49 values")
	}
}

// endless gives so many lines of 20 numbers.
type endless struct {
	left int
	rest []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.left == 0 {
			return 0, io.EOF
		}
		e.left--
		e.rest = []byte(strings.Repeat(strconv.Itoa(e.left)+".25,", 19) + "1.5\n")
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// Four times as many rows take no more memory.
func TestPagesTakeNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("half a million rows")
	}
	held := func(rows int) (most uint64) {
		seen := 0
		for page, err := range PagesOfCSV(&endless{left: rows}, "t.csv", ReadOptions{})(1 << 12) {
			must.M(err)
			if seen += page.Rows(); seen%(1<<15) == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if seen != rows {
			t.Fatalf("%d rows", seen)
		}
		return most
	}
	const page = 1 << 12 * 20 * 8
	few, many := held(100_000), held(400_000)
	if many > few+4*page {
		t.Errorf("400,000 rows take %d bytes, 100,000 %d", many, few)
	}
}
