package format

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

func readIDXBytes(b []byte) (*data.Table, error) {
	return readArray(readIDXHeader, bytes.NewReader(b), int64(len(b)), "x.idx", smallLimit(), ReadOptions{})
}

func TestIDXElementTypes(t *testing.T) {
	cases := map[byte]any{
		0x08: []uint8{0, 255}, 0x09: []int8{-128, 127}, 0x0B: []int16{-32768, 258},
		0x0C: []int32{-66051, 66051}, 0x0D: []float32{-0.5, 0.1}, 0x0E: []float64{-0.5, 0.25},
	}
	want := map[byte][]float32{
		0x08: {0, 255}, 0x09: {-128, 127}, 0x0B: {-32768, 258}, 0x0C: {-66051, 66051}, 0x0D: {-0.5, 0.1}, 0x0E: {-0.5, 0.25},
	}
	for code, values := range cases {
		s, err := readIDXBytes(datatest.IDX(code, must.M1(binary.Append(nil, binary.BigEndian, values)), 2))
		if err != nil {
			t.Fatal(err)
		}
		datatest.WantTable(t, s, 2, 1, want[code]...)
	}
}

func TestIDXRefuses(t *testing.T) {
	cases := map[string]struct {
		file []byte
		want []string
	}{
		"huge":       {datatest.IDX(8, []byte{1, 2}, 4294967295, 4294967295, 2), []string{"more values"}},
		"large":      {datatest.IDX(8, []byte{1, 2}, 60000, 28, 28), []string{"needs 47040000 bytes", "at most 2 follow"}},
		"type":       {datatest.IDX(7, nil, 1), []string{"does not begin", "00 00 07 01"}},
		"scalar":     {datatest.IDX(8, []byte{1}), []string{"single number"}},
		"no rows":    {datatest.IDX(8, nil, 0, 28, 28), []string{"no rows"}},
		"no columns": {datatest.IDX(8, nil, 5, 0), []string{"no columns"}},
		"short":      {[]byte{0, 0, 8}, []string{"in the header", "too early"}},
		"dimensions": {[]byte{0, 0, 8, 3, 0, 0}, []string{"in the header", "too early"}},
		"more":       {datatest.IDX(8, []byte{1, 2, 3}, 2), []string{"more bytes follow"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ReadFile(context.Background(), datatest.Temp(t, "x-idx3-ubyte", c.file), ReadOptions{})
			datatest.WantError(t, err, append(c.want, "x-idx3-ubyte")...)
		})
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(datatest.IDX(8, []byte{1, 2, 3, 4}, 2, 1, 2))
	f.Add(datatest.IDX(0x0E, make([]byte, 16), 2))
	f.Add(datatest.IDX(0x0D, nil, 4294967295, 4294967295, 4294967295))
	f.Add([]byte{0, 0, 8, 255})
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := readIDXBytes(file)
		checkRead(t, s, err)
	})
}
