package recipe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
)

// archiveFile is how the MAF paper's authors keep the rows of some data sets,
// before noise and z-scores, in the archive that they publish
// (zenodo.org/records/1161203): data.npy in a folder with the name of the set.
const archiveFile = "data.npy"

// readRows reads the owner's file or, where that is not there, the authors' rows
// of it, which must have those columns.
func readRows(ctx context.Context, in input, columns []string, read func(*lineReader) (*data.Table, error)) (*data.Table, error) {
	_, missing := in.locate(in.Files[0])
	if missing == nil {
		return readLines(ctx, in, in.Files[0], read)
	}
	path := filepath.Join(in.o.Dir, in.Name, archiveFile)
	t, err := format.Read(ctx, path, format.ReadOptions{}, in.limit)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, missing
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if _, dim := t.Dims(); dim != len(columns) {
		return nil, fmt.Errorf("%s has %d columns, not the %d of the authors' archive (zenodo.org/records/1161203)", path, dim, len(columns))
	}
	t.Columns = columns
	return t, nil
}
