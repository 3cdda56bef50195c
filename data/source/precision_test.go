package source

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// Timestamps of a day, a second apart, stay apart where they are standardised, whatever
// holds them: they are centred and scaled before they become float32.
func TestTimestampsStayApart(t *testing.T) {
	const n, begin = 5000, 1_700_000_000_000 // milliseconds
	array := func(kind string, v any) []byte {
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
		return datatest.NPY(datatest.NPYHeader("<"+kind, false, fmt.Sprintf("(%d, 1)", n)), b.Bytes())
	}
	var text bytes.Buffer
	var signed []int64
	var unsigned []uint64
	var real []float64
	for i := range n {
		v := begin + int64(1000*i)
		fmt.Fprintln(&text, v)
		signed, unsigned, real = append(signed, v), append(unsigned, uint64(v)), append(real, float64(v))
	}
	for name, content := range map[string][]byte{
		"t.csv": text.Bytes(), "signed.npy": array("i8", signed), "unsigned.npy": array("u8", unsigned), "real.npy": array("f8", real),
		"x.npz": datatest.NPZ(zip.Deflate, "x.npy", array("i8", signed)),
	} {
		for _, standardise := range []bool{true, false} {
			s, err := Load(context.Background(), data.Options{Source: datatest.Temp(t, name, content), Standardise: standardise})
			if err != nil {
				t.Fatal(err)
			}
			var all []float32
			for _, n := range s.Sets() {
				for i := range n.Set.Rows {
					all = append(all, n.Set.Row(i)[0])
				}
			}
			slices.Sort(all)
			if kept := len(slices.Compact(all)); (kept == n) != (standardise || s.Prep.Schema() != nil) || kept < n == (s.Warnings(true) == nil) {
				t.Errorf("%s, standardise %v: %d of %d values are told apart, warnings %q", name, standardise, kept, n, s.Warnings(true))
			}
		}
	}
}
