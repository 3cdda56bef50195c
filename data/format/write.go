package format

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/files"
)

// CheckName returns an error unless the suffix of path is one that [WriteFile]
// writes: .npy, .npz, .csv or .tsv, the last two also with .gz.
func CheckName(path string) error {
	if kind := KindOf(path); kind == Unknown || kind == IDXFile {
		return fmt.Errorf("files named *%s are not written (.npy .npz .csv are)", filepath.Ext(path))
	}
	return nil
}

// WriteFile writes tables to a .npy, .npz, .csv or .tsv file (the last two also
// with .gz), as its suffix says; all but .npz hold exactly one. In a .npz file an
// array has the name of the table, or "x" where it has none. The file appears whole
// or not at all: it is written beside its place, synced and renamed.
func WriteFile(path string, tables ...*data.Table) error {
	if err := writeFile(path, tables); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func writeFile(path string, tables []*data.Table) error {
	if err := CheckName(path); err != nil {
		return err
	}
	kind := KindOf(path)
	if kind != NPZFile && len(tables) != 1 {
		return fmt.Errorf("%d arrays: only .npz files hold several", len(tables))
	}
	for _, t := range tables {
		if err := check(t); err != nil {
			return err
		}
	}
	return files.WriteAtomic(path, func(w io.Writer) error {
		if kind == NPZFile {
			return writeNPZ(w, tables)
		}
		if !strings.HasSuffix(strings.ToLower(path), ".gz") {
			return writeTable(w, path, kind, tables[0])
		}
		z := gzip.NewWriter(w)
		return errors.Join(writeTable(z, strings.TrimSuffix(path, filepath.Ext(path)), kind, tables[0]), z.Close())
	})
}

// check returns an error for names or a shape that do not fit the columns.
func check(t *data.Table) error {
	if t == nil {
		return errors.New("no table is given")
	}
	_, dim := t.Dims()
	size := 1
	for _, d := range t.Shape {
		size *= d
	}
	switch {
	case t.Shape != nil && size != dim:
		return fmt.Errorf("rows of shape %s do not fit %d columns", shapeText(t.Shape), dim)
	case t.Columns != nil && len(t.Columns) != dim:
		return fmt.Errorf("%d column names for %d columns", len(t.Columns), dim)
	}
	return nil
}

func writeTable(w io.Writer, path string, kind Kind, a *data.Table) error {
	switch {
	case kind == NPYFile:
		return writeNPY(w, a)
	case strings.EqualFold(filepath.Ext(path), ".tsv"):
		return writeCSV(w, a, '\t')
	}
	return writeCSV(w, a, ',')
}

// WriteCSV writes an array as text, one row a line, each number with as few
// digits as give it back exactly.
func WriteCSV(w io.Writer, t *data.Table) error {
	err := check(t)
	if err == nil {
		err = writeCSV(w, t, ',')
	}
	if err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func writeCSV(w io.Writer, t *data.Table, comma rune) error {
	out := bufio.NewWriterSize(w, 1<<16)
	rows, dim := t.Dims()
	digits := 64
	if t.Float32() != nil {
		digits = 32
	}
	var line []byte
	for row := -1; row < rows; row++ { // the header first
		if row < 0 && t.Columns == nil {
			continue
		}
		line = line[:0]
		for col := range dim {
			if col > 0 {
				line = append(line, byte(comma))
			}
			if text, ok := t.Text(row, col); row < 0 {
				line = append(line, quoteName(t.Columns[col])...)
			} else if ok {
				line = append(line, quoteName(text)...)
			} else {
				line = strconv.AppendFloat(line, t.At(row, col), 'g', -1, digits)
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

func writeNPY(w io.Writer, t *data.Table) error {
	rows, dim := t.Dims()
	shape := []int{rows, dim}
	if t.Shape != nil {
		shape = append(shape[:1], t.Shape...)
	}
	if narrow := t.Float32(); narrow != nil {
		return writeValues(w, "f4", shape, narrow)
	}
	return writeValues(w, "f8", shape, t.Float64())
}

func writeValues[T float32 | float64](w io.Writer, kind elementKind, shape []int, values []T) error {
	if _, err := w.Write(npyHeader(kind, shape)); err != nil {
		return err
	}
	for part := range slices.Chunk(values, 1<<14) {
		if err := binary.Write(w, binary.LittleEndian, part); err != nil {
			return err
		}
	}
	return nil
}

// writeNPZ gives all members one date, so that equal arrays make equal files.
func writeNPZ(w io.Writer, tables []*data.Table) error {
	z := zip.NewWriter(w)
	var names []string
	for _, t := range tables {
		name := t.Name
		if name == "" || strings.ContainsAny(name, "./\\ ") { // none, or that of a file
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
		if err := writeNPY(member, t); err != nil {
			return err
		}
	}
	return z.Close()
}
