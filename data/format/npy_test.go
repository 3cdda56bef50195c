package format

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

func readNPYBytes(b []byte) (*data.Table, error) {
	return readArray(readNPYHeader, bytes.NewReader(b), int64(len(b)), "x.npy", smallLimit(), ReadOptions{})
}

// smallLimit lets a fuzzed header ask for little.
func smallLimit() *data.Limit { return data.NewLimit(1 << 16) }

// checkRead states what holds of every table that a reader gives.
func checkRead(t *testing.T, s *data.Table, err error) {
	t.Helper()
	if err != nil {
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %q", err)
		}
		return
	}
	rows, dim := s.Dims()
	if rows < 1 || dim < 1 || len(s.Float32())+len(s.Float64()) != rows*dim {
		t.Errorf("%d rows of %d columns with %d values", rows, dim, len(s.Float32())+len(s.Float64()))
	}
	if s.Columns != nil && len(s.Columns) != dim {
		t.Errorf("%d names for %d columns", len(s.Columns), dim)
	}
	for k := range rows * dim {
		if math.IsInf(s.At(k/dim, k%dim), 0) {
			t.Errorf("value %d is infinite", k)
		}
	}
}

func TestNPYElementTypes(t *testing.T) {
	// Each type holds its own extremes; encoded by encoding/binary.
	cases := []struct {
		kind elementKind
		data any
		want []float32
	}{
		{"b1", []bool{true, false, true}, []float32{1, 0, 1}},
		{"i1", []int8{-128, 0, 127}, []float32{-128, 0, 127}},
		{"i2", []int16{-32768, 258, 32767}, []float32{-32768, 258, 32767}},
		{"i4", []int32{math.MinInt32, 66051, math.MaxInt32}, []float32{-1 << 31, 66051, 1 << 31}},
		{"i8", []int64{math.MinInt64, 258, math.MaxInt64}, []float32{-1 << 63, 258, 1 << 63}},
		{"u1", []uint8{0, 1, 255}, []float32{0, 1, 255}},
		{"u2", []uint16{0, 258, 65535}, []float32{0, 258, 65535}},
		{"u4", []uint32{0, 66051, math.MaxUint32}, []float32{0, 66051, 1 << 32}},
		{"u8", []uint64{0, 258, math.MaxUint64}, []float32{0, 258, 1 << 64}},
		{"f2", []uint16{0x3c00, 0xc100, 0x0001}, []float32{1, -2.5, 1.0 / (1 << 24)}},
		{"f4", []float32{0.1, -math.MaxFloat32, math.SmallestNonzeroFloat32}, []float32{0.1, -math.MaxFloat32, math.SmallestNonzeroFloat32}},
		{"f8", []float64{0.1, -2.5, 1e-300}, []float32{0.1, -2.5, 0}},
	}
	if len(cases) != len(elementKinds) {
		t.Fatalf("%d types tested of %d", len(cases), len(elementKinds))
	}
	for _, c := range cases {
		for mark, order := range map[string]binary.AppendByteOrder{"<": binary.LittleEndian, ">": binary.BigEndian} {
			raw := must.M1(binary.Append(nil, order.(binary.ByteOrder), c.data))
			s, err := readNPYBytes(datatest.NPY(datatest.NPYHeader(mark+string(c.kind), false, "(3, 1)"), raw))
			if err != nil {
				t.Errorf("%s%s: %v", mark, c.kind, err)
				continue
			}
			datatest.WantTable(t, s, 3, 1, c.want...)
		}
	}
}

func TestHalfPrecisionIsExact(t *testing.T) {
	// IEEE 754 binary16: (−1)^s 2^(e−15) (1 + m/1024), for e = 0 (−1)^s 2^−14 m/1024.
	e := element{kind: "f2"}
	for h := range 1 << 16 {
		exp, frac := h>>10&31, float64(h&1023)
		if exp == 31 {
			continue
		}
		want := math.Ldexp(1+frac/1024, exp-15)
		if exp == 0 {
			want = math.Ldexp(frac/1024, -14)
		}
		if h>>15 == 1 {
			want = -want
		}
		var got [1]float32
		decoder[float32](e)(got[:], []byte{byte(h), byte(h >> 8)})
		if float64(got[0]) != want {
			t.Fatalf("half %#04x is %v, want %v", h, got[0], want)
		}
	}
}

func TestNPYShapesAndOrders(t *testing.T) {
	count := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i)
		}
		return x
	}
	cases := []struct {
		dims      []int
		rows, dim int
	}{
		{[]int{5}, 5, 1},
		{[]int{2, 3}, 2, 3},
		{[]int{1, 7}, 1, 7},
		{[]int{7, 1}, 7, 1},
		{[]int{3, 2, 5}, 3, 10},
		{[]int{3, 2, 5, 7}, 3, 70},
		{[]int{20011, 3}, 20011, 3}, // several chunks
	}
	for _, c := range cases {
		text := strings.TrimSuffix(shapeText(c.dims), ")") + ",)"
		want := count(c.rows * c.dim)
		for _, fortran := range []bool{false, true} {
			stored := want
			if fortran {
				stored = fortranOrder(want, c.dims)
			}
			b := datatest.NPY(datatest.NPYHeader("<f4", fortran, text), datatest.Float32s(stored...))
			s, err := readNPYBytes(b)
			if err != nil {
				t.Fatalf("%v: %v", c.dims, err)
			}
			if rows, dim := s.Dims(); rows != c.rows || dim != c.dim || !slices.Equal(s.Float32(), want) {
				t.Errorf("shape %v, Fortran order %v: wrong values", c.dims, fortran)
			}
			if isTable := len(c.dims) == 2; isTable != (s.Shape == nil) || !isTable && !slices.Equal(s.Shape, c.dims[1:]) {
				t.Errorf("shape %v: row shape %v", c.dims, s.Shape)
			}
		}
	}
}

// fortranOrder reorders a C-order array so that the first index varies fastest.
func fortranOrder(x []float32, dims []int) []float32 {
	if len(dims) == 1 {
		return x
	}
	inner := len(x) / dims[0]
	planes := make([][]float32, dims[0])
	for i := range planes {
		planes[i] = fortranOrder(x[i*inner:(i+1)*inner], dims[1:])
	}
	var out []float32
	for k := range inner {
		for i := range planes {
			out = append(out, planes[i][k])
		}
	}
	return out
}

func TestNPYVersions(t *testing.T) {
	header := datatest.NPYHeader("<f4", false, "(2, 1)")
	long := append([]byte("\x93NUMPY\x02\x00"), byte(len(header)), 0, 0, 0)
	long = append(append(long, header...), datatest.Float32s(3, 4)...)
	for _, version := range []byte{2, 3} {
		long[6] = version
		s, err := readNPYBytes(long)
		if err != nil {
			t.Fatal(err)
		}
		datatest.WantTable(t, s, 2, 1, 3, 4)
	}
}

func TestNPYHeaderForms(t *testing.T) {
	for _, header := range []string{
		`{"shape": (2L, 1L), "fortran_order": False, "descr": "<f4"}`,
		"{ 'descr':'<f4','fortran_order':False,'shape':(2,1,) , }   \n",
	} {
		s, err := readNPYBytes(datatest.NPY(header, datatest.Float32s(3, 4)))
		if err != nil {
			t.Errorf("%s: %v", header, err)
			continue
		}
		datatest.WantTable(t, s, 2, 1, 3, 4)
	}
}

func TestNPYRefuses(t *testing.T) {
	header := func(descr, shape string) []byte {
		return datatest.NPY(datatest.NPYHeader(descr, false, shape), datatest.Float32s(1, 2))
	}
	nan := float32(math.NaN())
	cases := map[string]struct {
		file []byte
		want []string
	}{
		"huge rows":           {header("<f4", "(1000000000000000000, 1)"), []string{"shape (1000000000000000000, 1)", "at most 8 follow"}},
		"many rows":           {header("<f4", "(100000000000, 3)"), []string{"needs 1200000000000 bytes", "at most 8 follow"}},
		"product overflows":   {header("<f4", "(4294967296, 4294967296)"), []string{"more values"}},
		"dimension overflows": {header("<f4", "(99999999999999999999, 1)"), []string{"in the header", "no dictionary"}},
		"negative":            {header("<f4", "(-1, 1)"), []string{"in the header", "no dictionary"}},
		"scalar":              {header("<f4", "()"), []string{"single number"}},
		"no rows":             {header("<f4", "(0, 5)"), []string{"no rows"}},
		"no columns":          {header("<f4", "(5, 0)"), []string{"no columns"}},
		"complex":             {header("<c16", "(1, 1)"), []string{`"<c16"`, "not read"}},
		"empty texts":         {header("<U0", "(1, 1)"), []string{`"<U0"`}},
		"texts":               {header("<U2", "(1, 1)"), []string{"row 0, column 0", "is \"", "not a number"}},
		"objects":             {header("|O", "(1, 1)"), []string{`"|O"`}},
		"no byte order":       {header("|f4", "(2, 1)"), []string{"byte order"}},
		"records":             {datatest.NPY("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", nil), []string{"named fields"}},
		"not a bool":          {datatest.NPY(datatest.NPYHeader("|b1", false, "(2, 3)"), []byte{0, 1, 0, 1, 0, 7}), []string{"row 1, column 2", "not a bool"}},
		"missing key":         {datatest.NPY("{'descr': '<f4'}", nil), []string{"fortran_order and shape are needed"}},
		"unknown key":         {datatest.NPY("{'extra': 1}", nil), []string{"no dictionary"}},
		"text behind":         {datatest.NPY(datatest.NPYHeader("<f4", false, "(2, 1)")+"x", datatest.Float32s(1, 2)), []string{"in the header", "exactly"}},
		"unclosed":            {datatest.NPY("{'descr': '<f4", nil), []string{"no dictionary"}},
		"empty header":        {datatest.NPY("", nil), []string{"no dictionary"}},
		"short header":        {datatest.NPYFloat32(2, 1, 1, 2)[:20], []string{"in the header", "too early"}},
		"not npy":             {[]byte("hello, world"), []string{"does not begin"}},
		"version":             {append([]byte("\x93NUMPY\x04\x00"), make([]byte, 90)...), []string{"version 4.0"}},
		"long header":         {append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), make([]byte, 90)...), []string{"claims 4294967295 bytes"}},
		"NaN":                 {datatest.NPYFloat32(2, 3, 0, 1, 2, 3, nan, 5), []string{"row 1, column 1", "missing"}},
		"NaN, Fortran order":  {datatest.NPY(datatest.NPYHeader("<f4", true, "(2, 3)"), datatest.Float32s(0, 1, 2, nan, 4, 5)), []string{"row 1, column 1", "missing"}},
		"infinite":            {datatest.NPYFloat32(1, 2, 0, float32(math.Inf(-1))), []string{"row 0, column 1", "-Inf"}},
		"beyond float32":      {datatest.NPY(datatest.NPYHeader("<f8", false, "(1,)"), binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e300))), []string{"1e+300", "too large for float32"}},
		"more bytes":          {append(datatest.NPYFloat32(1, 2, 1, 2), 0), []string{"more bytes follow"}},
		"fewer bytes":         {datatest.NPYFloat32(2, 2, 1, 2, 3), []string{"needs 16 bytes", "cut short"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := datatest.Temp(t, "x.npy", c.file)
			s, err := ReadFile(context.Background(), path, ReadOptions{})
			if err == nil {
				_, err = s.Values()
			}
			datatest.WantError(t, err, append(c.want, path)...)
		})
	}
}

func TestNPYCutShortInCompressedData(t *testing.T) {
	whole := datatest.Gzip(datatest.NPYFloat32(97, 3, make([]float32, 97*3-1)...)) // a number less than the header says
	_, err := ReadFile(context.Background(), datatest.Temp(t, "x.npy.gz", whole), ReadOptions{})
	datatest.WantError(t, err, "row 96, column 2", "cut short")
}

func TestNPYMissing(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	s, err := ReadFile(context.Background(), datatest.Temp(t, "x.npy", datatest.NPYFloat32(1, 3, 1, nan, 3)), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.At(0, 0) != 1 || !math.IsNaN(s.At(0, 1)) || s.At(0, 2) != 3 {
		t.Errorf("%v, want 1 NaN 3", s.Float32())
	}
	_, err = ReadFile(context.Background(), datatest.Temp(t, "x.npy", datatest.NPYFloat32(1, 2, nan, inf)), ReadOptions{})
	datatest.WantError(t, err, "row 0, column 1", "+Inf")
	s, err = ReadFile(context.Background(), datatest.Temp(t, "x.npy", datatest.NPYFloat32(1, 2, nan, inf)), ReadOptions{Infinite: true})
	if err != nil || !math.IsInf(s.At(0, 1), 1) {
		t.Errorf("infinities that are asked for: %v", err)
	}
}

func TestLimits(t *testing.T) {
	path := datatest.Temp(t, "x.npy", datatest.NPYFloat32(5, 2, make([]float32, 10)...))
	_, err := ReadFile(context.Background(), path, ReadOptions{MaxValues: 9})
	datatest.WantError(t, err, "more than 9 values", "MaxValues")
	if _, err := ReadFile(context.Background(), path, ReadOptions{MaxValues: 10}); err != nil {
		t.Error(err)
	}
	s, err := ReadFile(context.Background(), path, ReadOptions{MaxValues: 9, Head: true})
	if err != nil || s.Rows() != 4 {
		t.Errorf("the first rows: %v", err)
	}
	_, err = ReadFile(context.Background(), path, ReadOptions{MaxValues: 1, Head: true})
	datatest.WantError(t, err, "more than 1 values")
	_, err = ReadFile(context.Background(), path, ReadOptions{MaxValues: -1})
	datatest.WantError(t, err, "the limit")

	bomb := datatest.ZeroBomb(datatest.NPY(datatest.NPYHeader("|u1", false, "(1048576, 8)"), nil), 8<<20)
	_, err = ReadFile(context.Background(), datatest.Temp(t, "x.npy.gz", bomb), ReadOptions{MaxValues: 1 << 20})
	datatest.WantError(t, err, "more than 1048576 values")
}

func TestCancelledRead(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, content := range map[string][]byte{
		"x.npy": datatest.NPYFloat32(1, 1, 1),
		"x.npz": datatest.NPZ(0, "x.npy", datatest.NPYFloat32(1, 1, 1)),
		"x.csv": []byte("1,2\n"),
	} {
		_, err := ReadFile(ctx, datatest.Temp(t, name, content), ReadOptions{})
		datatest.WantError(t, err, context.Canceled.Error())
	}
}

func TestNPYHeaderIsAligned(t *testing.T) {
	for _, shape := range [][]int{{1}, {2, 3}, {1234567, 28, 28}, slices.Repeat([]int{1}, 17)} {
		h := npyHeader("f4", shape)
		if len(h)%64 != 0 || h[len(h)-1] != '\n' {
			t.Errorf("header of %v: %d bytes, last %q", shape, len(h), h[len(h)-1])
		}
		b, n, err := readNPYHeader(bytes.NewReader(h))
		if err != nil || n != len(h) || fmt.Sprint(b.shape) != fmt.Sprint(shape) {
			t.Errorf("header of %v reads as %v (%v)", shape, b.shape, err)
		}
	}
}

func FuzzNPY(f *testing.F) {
	f.Add(datatest.NPYFloat32(2, 3, 1, 2, 3, 4, 5, 6))
	f.Add(datatest.NPY(datatest.NPYHeader(">f8", true, "(2, 3, 1)"), make([]byte, 48)))
	f.Add(datatest.NPY(datatest.NPYHeader("<f2", true, "(3,)"), make([]byte, 6)))
	f.Add(datatest.NPY(datatest.NPYHeader("|b1", false, "(1000000000000000000, 7)"), []byte{1}))
	f.Add([]byte("\x93NUMPY\x03\x00\x02\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := readNPYBytes(file)
		checkRead(t, s, err)
	})
}
