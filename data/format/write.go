package format

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/files"
)

// CheckName returns an error unless the suffix of path is one that [WriteFile]
// writes: .npy, .npz, .csv, .tsv or .parquet; .npy, .csv and .tsv also with .gz.
func CheckName(path string) error {
	if kind := KindOf(path); kind == Unknown || kind == IDXFile {
		return fmt.Errorf("%s are not written (.npy .npz .csv .parquet are)", filesNamed(filepath.Ext(path)))
	}
	return nil
}

// WriteFile writes tables to a .npy, .npz, .csv, .tsv or .parquet file (.npy, .csv and .tsv
// also with .gz), as its suffix says; all but .npz hold exactly one. In a .npz file an array
// has the name of the table, or "x" where it has none; one table alone whose columns have
// names, and whose rows have no shape, becomes an array for each column. A missing value is
// an empty cell, null, or NaN. The file appears whole or not at all: it is written beside
// its place, synced and renamed.
func WriteFile(path string, tables ...*data.Table) error {
	if err := files.WriteAtomic(path, func(w io.Writer) error { return Write(w, path, tables...) }); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Write writes what a file of that name holds; see [WriteFile].
func Write(w io.Writer, name string, tables ...*data.Table) error {
	out, err := NewWriter(w, name, 0)
	if err != nil {
		return err
	}
	if out.alone = len(tables) == 1; out.zip == nil && !out.alone {
		return fmt.Errorf("%d arrays: only .npz files hold several", len(tables))
	}
	for _, t := range tables {
		if t != nil {
			out.rows, out.left, out.dim = t.Rows(), t.Rows(), 0
		}
		if err := out.Write(t); err != nil {
			return err
		}
	}
	return out.Close()
}

// WriteRows is [WriteFile] for a table of so many rows that is never held whole: each
// calls write for one block of its rows after the other. An error of each is returned
// as it is, and then no file appears.
func WriteRows(path string, rows int, each func(write func(*data.Table) error) error) error {
	named := func(err error) error {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", path, err)
		}
		return err
	}
	var inside error // has its name already, or is of each
	err := files.WriteAtomic(path, func(w io.Writer) error {
		out, err := NewWriter(w, path, rows)
		if inside = named(err); err == nil {
			inside = each(func(t *data.Table) error { return named(out.Write(t)) })
		}
		if inside == nil {
			inside = named(out.Close())
		}
		return inside
	})
	if inside != nil {
		return inside
	}
	return named(err)
}

// WriteCSV writes a table as text, one row a line, each number with as few
// digits as give it back exactly.
func WriteCSV(w io.Writer, t *data.Table) error {
	if err := Write(w, ".csv", t); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}
