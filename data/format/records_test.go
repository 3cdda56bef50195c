package format

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRecords compares records with those of package csv, whichever of the two ways a line takes.
func TestRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"1", "-2.5e3", "word", ",", ",", "\n", "\r\n", "\"", "\"", "\"a,b\"", "\"two\nlines\"", "\"\"", " ", "\r", "\n\n"})
		text := strings.Join(rapid.SliceOf(piece).Draw(t, "text"), "")
		if rapid.Bool().Draw(t, "long") {
			text = strings.ReplaceAll(text, "word", strings.Repeat("w", 1<<16))
		}
		want := csv.NewReader(strings.NewReader(text))
		want.FieldsPerRecord, want.TrimLeadingSpace = -1, true
		got := newRecords(strings.NewReader(text))
		got.comma = ','
		for {
			cells, line, err := got.next()
			wanted, wantErr := want.Read()
			if (err == nil) != (wantErr == nil) || errors.Is(err, io.EOF) != errors.Is(wantErr, io.EOF) {
				t.Fatalf("%.200q: %v, want %v", text, err, wantErr)
			}
			if err != nil {
				return
			}
			cells, wantLine := slices.Clone(cells), 0
			if wantLine, _ = want.FieldPos(0); line != wantLine {
				t.Fatalf("%.200q: line %d, want %d", text, line, wantLine)
			}
			for _, row := range [][]string{cells, wanted} {
				for i, cell := range row {
					row[i] = strings.TrimSpace(cell)
				}
			}
			if !slices.Equal(cells, wanted) {
				t.Fatalf("%.200q: %.200q, want %.200q", text, cells, wanted)
			}
		}
	})
}
