package format

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/must"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	meta "github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// What is written reads back in every format that has names and texts: cells, names and holes.
func TestTextsAreReadBack(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows, dim := rapid.IntRange(1, 7).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "dim")
		names := []string{"a,b", "c;d|e", "#\"g\"", "größe 1", "_context"}[:dim]
		table := must.M1(data.FromFlat(rapid.SliceOfN(rapid.Float64(), rows*dim, rows*dim).Draw(t, "numbers"), dim, names...))
		word := rapid.SampledFrom([]string{"x", "a b", "x;y", "say \"no\"", "two\nlines", "#1", "ä|\t'", "1,2 or 3", strings.Repeat("long ", 20) + "."})
		for c := range dim {
			texts := rapid.Bool().Draw(t, "texts")
			for i := range rows {
				if rapid.IntRange(0, 3).Draw(t, "missing") == 0 {
					table.Set(i, c, math.NaN())
				} else if texts {
					table.SetText(i, c, word.Draw(t, "word"))
				}
			}
		}
		path := filepath.Join(dir, "x"+rapid.SampledFrom([]string{".csv", ".csv.gz", ".tsv", ".npz", ".parquet"}).Draw(t, "suffix"))
		must.M(WriteRows(path, rows, func(write func(*data.Table) error) error {
			if KindOf(path) != ParquetFile && rapid.Bool().Draw(t, "by rows") {
				for i := range rows {
					must.M(write(table.Select([]int{i}, nil)))
				}
				return nil
			}
			return write(table)
		}))
		if dim == 1 && KindOf(path) == NPZFile && table.Texts() == 0 {
			return // which is one array
		}
		back, err := ReadFile(context.Background(), path, ReadOptions{Dialect: data.Dialect{Header: "yes", Thousands: "none"}})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := shown(back), shown(table); got != want || !slices.Equal(back.Columns, names) {
			t.Fatalf("%s: %q with %s, want %q with %s", path, back.Columns, got, names, want)
		}
	})
}

// Columns keep what a table says of them, whatever a block has, and whole numbers are whole ones.
func TestParquetColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	first := must.M1(data.FromFlat([]float64{math.NaN(), math.NaN(), 1, 0.5}, 4, "text", "whole", "number", "guess"))
	first.Cells = []data.Cells{data.TextCells, data.WholeCells, data.NumberCells, data.AnyCells}
	second := must.M1(data.FromFlat([]float64{7, 1 << 60, 2, math.NaN()}, 4))
	third := second.Select(nil, nil)
	third.SetText(0, 0, "x")
	must.M(WriteRows(path, 3, func(write func(*data.Table) error) error {
		return cmp.Or(write(first), write(second), write(third))
	}))
	file := must.M1(os.Open(path))
	defer func() { _ = file.Close() }()
	opened := must.M1(parquet.OpenFile(file, must.M1(file.Stat()).Size()))
	var kinds []string
	for _, field := range opened.Schema().Fields() {
		kinds = append(kinds, field.Name()+" "+field.Type().String())
	}
	if want := []string{"text STRING", "whole INT(64,true)", "number DOUBLE", "guess DOUBLE"}; !slices.Equal(kinds, want) {
		t.Errorf("columns %q, want %q", kinds, want)
	}
	back := must.M1(ReadFile(context.Background(), path, ReadOptions{}))
	if got := shown(back); got != `- - 1 0.5; "7" 1.152921504606847e+18 2 -; "x" 1.152921504606847e+18 2 -` {
		t.Errorf("%s", got)
	}
	for _, bad := range []func(*data.Table){func(t *data.Table) { t.SetText(0, 1, "x") }, func(t *data.Table) { t.Set(0, 1, 0.5) }} {
		third := second.Select(nil, nil)
		bad(third)
		err := WriteRows(path, 2, func(write func(*data.Table) error) error { return cmp.Or(write(first), write(third)) })
		datatest.WantError(t, err, path, "row 0", "column 1")
	}
}

// The types of other programs.
type typedRow struct {
	Whole   int32
	Byte    uint8
	Large   uint64
	Yes     bool
	Short   float32
	Name    *string `parquet:",optional"`
	Level   string  `parquet:",enum"`
	Day     int32   `parquet:",date"`
	Milli   int64   `parquet:",timestamp(millisecond)"`
	Nano    int64   `parquet:",timestamp(nanosecond)"`
	Clock   int32   `parquet:",time(millisecond)"`
	Price   int64   `parquet:",decimal(2:12)"`
	Old     deprecated.Int96
	Packed  string `parquet:",zstd"`
	Zipped  string `parquet:",gzip"`
	Delta   int64  `parquet:",delta"`
	Strings string `parquet:",delta"`
}

func typed() []byte {
	name := "ann"
	when := time.Date(2024, 2, 29, 13, 5, 6, 5e8, time.UTC)
	return parquetOf(
		typedRow{-3, 200, 1 << 63, true, 0.1, &name, "b", int32(when.Unix() / 86400), when.UnixMilli(), -1, 3_600_500, -1250, deprecated.Int96{0, 0, 2440589}, "p", "z", 5, "d"},
		typedRow{4, 1, 2, false, 2.5, nil, "", -1, 0, 0, 0, 5, deprecated.Int96{0, 0, 2440588}, "p", "z", 6, "dd"})
}

func TestParquetTypes(t *testing.T) {
	s, err := ReadFile(context.Background(), datatest.Temp(t, "x.parquet", typed()), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := `-3 200 9.223372036854776e+18 1 0.1 "ann" "b" "2024-02-29" "2024-02-29 13:05:06.5" "1969-12-31 23:59:59.999999999" "01:00:00.5" -12.5 "1970-01-02 00:00:00" "p" "z" 5 "d"; ` +
		`4 1 2 0 2.5 - - "1969-12-31" "1970-01-01 00:00:00" "1970-01-01 00:00:00" "00:00:00" 0.05 "1970-01-01 00:00:00" "p" "z" 6 "dd"`
	if got := shown(s); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// parquetOf is a file of rows.
func parquetOf[T any](rows ...T) []byte {
	var b bytes.Buffer
	must.M(parquet.Write(&b, rows))
	return b.Bytes()
}

func TestParquetRefuses(t *testing.T) {
	whole := typed()
	nested := parquetOf(struct{ A, B []int32 }{[]int32{1}, nil})
	infinite := parquetOf(struct{ A float64 }{1}, struct{ A float64 }{math.Inf(1)})
	brotli := parquetOf(struct {
		A float64 `parquet:",brotli"`
	}{1})
	lz4 := parquetOf(struct {
		A float64 `parquet:",lz4"`
	}{1})
	var runs bytes.Buffer
	w := parquet.NewGenericWriter[any](&runs, parquet.NewSchema("rows", parquet.Group{"A": parquet.Encoded(parquet.Leaf(parquet.BooleanType), &parquet.RLE)}))
	must.M1(w.WriteRows([]parquet.Row{{parquet.BooleanValue(true).Level(0, 0, 0)}}))
	must.M(w.Close())
	raw, none, many := parquetOf(struct{ A [3]byte }{}), parquetOf[struct{ A int32 }](), parquetOf(make([]struct{ A *int32 }, 5000)...)
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"cut":       {whole[:len(whole)-1], []string{"no whole Parquet file"}},
		"cut short": {whole[:9], []string{"no whole Parquet file"}},
		"text":      {[]byte("a,b,c\n1,2,3\n4,5,6\n"), []string{"no whole Parquet file"}},
		"no middle": {slices.Concat(whole[:4], whole[400:]), []string{"Parquet"}},
		"nested":    {nested, []string{`column "A"`, "list"}},
		"infinite":  {infinite, []string{`row 1, column "A"`, "+Inf"}},
		"brotli":    {brotli, []string{`column "A"`, "compressed by"}},
		"lz4":       {lz4, []string{`column "A"`, "compressed by"}},
		"runs":      {runs.Bytes(), []string{`column "A"`, "by runs"}},
		"bytes":     {raw, []string{`column "A"`, "not read"}},
		"no rows":   {none, []string{"no rows"}},
		"many":      {many, []string{"more than 4096 values"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := datatest.Temp(t, "x.parquet", c.file)
			_, err := ReadFile(context.Background(), path, ReadOptions{MaxValues: 4096})
			datatest.WantError(t, err, append(c.want, path)...)
		})
	}
}

// Long texts are read; what claims or unpacks to more than it may is refused before it takes memory.
func TestParquetBombs(t *testing.T) {
	const rows = 20_000
	table := must.M1(data.FromFlat(make([]float64, 2*rows), 2, "a", "b"))
	for i := range rows {
		table.SetText(i, 1, strings.Repeat("text ", 20)+strconv.Itoa(i))
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	must.M(WriteFile(path, table))
	if back, err := ReadFile(context.Background(), path, ReadOptions{}); err != nil || back.Texts() != rows {
		t.Errorf("long texts: %v", err)
	}
	_, err := ReadFile(context.Background(), path, ReadOptions{MaxValues: 3 * rows})
	datatest.WantError(t, err, path, "max-values")

	zeros := make([]byte, 1<<20)
	var packed bytes.Buffer
	z := must.M1(zstd.NewWriter(&packed))
	must.M1(z.Write(zeros))
	must.M(z.Close())
	for codec, b := range map[meta.CompressionCodec][]byte{meta.Gzip: datatest.Gzip(zeros), meta.Zstd: packed.Bytes()} {
		if err := checkUnpacked(bytes.NewReader(b), codec, 1<<20); err != nil {
			t.Errorf("%s: %v", codec, err)
		}
		if checkUnpacked(bytes.NewReader(b), codec, 1<<20-1) == nil || checkUnpacked(bytes.NewReader(b[:len(b)-6]), codec, 1<<20) == nil {
			t.Errorf("%s: no error for more bytes, or for fewer", codec)
		}
	}
	// The list of columns claims 2³¹−1 items.
	footer := []byte{0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 7}
	file := slices.Concat([]byte("PAR1"), footer, binary.LittleEndian.AppendUint32(nil, uint32(len(footer))), []byte("PAR1"))
	_, err = ReadFile(context.Background(), datatest.Temp(t, "x.parquet", file), ReadOptions{})
	datatest.WantError(t, err, "no whole Parquet file")
}

func FuzzParquet(f *testing.F) {
	f.Add(typed())
	var b bytes.Buffer
	table := must.M1(data.FromFlat([]float64{1, 2.5, math.NaN(), 4}, 2, "a", "b"))
	table.SetText(1, 1, "x")
	must.M(Write(&b, "x.parquet", table))
	f.Add(b.Bytes())
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(dir, "x.parquet")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Skip(err)
		}
		s, err := ReadFile(context.Background(), path, ReadOptions{MaxValues: 1 << 12})
		checkRead(t, s, err)
	})
}
