package data

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// Array is a table to be written. Its numbers are either Float32 or Float64, in
// row-major order. In text a vector is one column, and an array of more than
// two dimensions has one line for each first index.
type Array struct {
	Name    string // of the member in a .npz file, where "" is "x"
	Shape   []int  // such as [rows], [rows, dim] or [rows, 28, 28]
	Float32 []float32
	Float64 []float64
	Columns []string // header in text, nil for none
}

func (a Array) size() int {
	if a.Float64 != nil {
		return len(a.Float64)
	}
	return len(a.Float32)
}

func (a Array) validate() error {
	if a.Float32 != nil && a.Float64 != nil {
		return errors.New("an array holds float32 or float64, not both")
	}
	if len(a.Shape) == 0 {
		return errors.New("an array needs a shape of one dimension at least")
	}
	n := 1
	for _, d := range a.Shape {
		if d < 0 {
			return fmt.Errorf("shape %s has a negative dimension", shapeText(a.Shape))
		}
		n *= d
	}
	if n != a.size() {
		return fmt.Errorf("shape %s does not fit %d values", shapeText(a.Shape), a.size())
	}
	if a.Columns != nil && len(a.Columns) != a.cols() {
		return fmt.Errorf("%d column names for %d columns", len(a.Columns), a.cols())
	}
	return nil
}

// cols is the number of columns of the array as a table.
func (a Array) cols() int {
	n := 1
	for _, d := range a.Shape[1:] {
		n *= d
	}
	return n
}

func (a Array) kind() elementKind {
	if a.Float64 != nil {
		return "f8"
	}
	return "f4"
}

// WriteFile writes arrays to a .npy, .npz, .csv or .tsv file (the last two also
// with .gz), as its suffix says; all but .npz hold exactly one. The file appears
// whole or not at all: it is written beside its place, synced and renamed.
func WriteFile(path string, arrays ...Array) error {
	if err := writeFile(path, arrays); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func writeFile(path string, arrays []Array) error {
	if err := CheckName(path); err != nil {
		return err
	}
	kind := kindOf(path)
	if kind != npzKind && len(arrays) != 1 {
		return fmt.Errorf("%d arrays: only .npz files hold several", len(arrays))
	}
	for _, a := range arrays {
		if err := a.validate(); err != nil {
			return err
		}
	}
	return files.WriteAtomic(path, func(w io.Writer) error {
		if kind == npzKind {
			return writeNPZ(w, arrays)
		}
		if !strings.HasSuffix(strings.ToLower(path), ".gz") {
			return writeTable(w, path, kind, arrays[0])
		}
		z := gzip.NewWriter(w)
		return errors.Join(writeTable(z, strings.TrimSuffix(path, filepath.Ext(path)), kind, arrays[0]), z.Close())
	})
}

func writeTable(w io.Writer, path string, kind fileKind, a Array) error {
	if kind == npyKind {
		return writeNPY(w, a)
	}
	comma := ','
	if strings.EqualFold(filepath.Ext(path), ".tsv") {
		comma = '\t'
	}
	return writeCSV(w, a, comma)
}

// WriteCSV writes an array as text, one row a line, each number with as few
// digits as give it back exactly.
func WriteCSV(w io.Writer, a Array) error {
	if err := a.validate(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	if err := writeCSV(w, a, ','); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func writeCSV(w io.Writer, a Array, comma rune) error {
	out := bufio.NewWriterSize(w, 1<<16)
	cols := a.cols()
	var line []byte
	for i, name := range a.Columns {
		if i > 0 {
			line = append(line, byte(comma))
		}
		line = append(line, quoteName(name)...)
	}
	if a.Columns != nil {
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	for k := 0; k < a.size(); k += cols {
		line = line[:0]
		for i := k; i < k+cols; i++ {
			if i > k {
				line = append(line, byte(comma))
			}
			if a.Float64 != nil {
				line = strconv.AppendFloat(line, a.Float64[i], 'g', -1, 64)
			} else {
				line = strconv.AppendFloat(line, float64(a.Float32[i]), 'g', -1, 32)
			}
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// quoteName quotes what a reader could take for more than a name, whichever
// separator it looks for.
func quoteName(name string) string {
	if strings.ContainsAny(name, ",;\t\"\r\n") || strings.TrimSpace(name) != name {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

func writeNPY(w io.Writer, a Array) error {
	if _, err := w.Write(npyHeader(a.kind(), a.Shape)); err != nil {
		return err
	}
	const chunk = 1 << 14
	var raw []byte
	for part := range slices.Chunk(a.Float64, chunk) {
		raw = raw[:0]
		for _, v := range part {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(a.Float32, chunk) {
		raw = raw[:0]
		for _, v := range part {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

// writeNPZ gives all members one date, so that equal arrays make equal files.
func writeNPZ(w io.Writer, arrays []Array) error {
	z := zip.NewWriter(w)
	var names []string
	for _, a := range arrays {
		name := a.Name
		if name == "" {
			name = "x"
		}
		if slices.Contains(names, name) {
			return fmt.Errorf("two arrays are named %q", name)
		}
		names = append(names, name)
		member, err := z.CreateHeader(&zip.FileHeader{
			Name: name + ".npy", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return err
		}
		if err := writeNPY(member, a); err != nil {
			return err
		}
	}
	return z.Close()
}
