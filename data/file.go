package data

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
)

// ReadOptions are the options of [ReadFile] and [ReadCSV].
type ReadOptions struct {
	// Array names the array to read from a .npz file. "" is the only one.
	Array string
	// AllowMissing lets NaN stand for a missing value; in CSV also an empty
	// cell, "?", "NA" and "nan". Otherwise these are errors.
	AllowMissing bool
	// MaxValues bounds the values read. 0 is [DefaultMaxValues].
	MaxValues int64
}

// fileKind is a kind of file that is told by its name.
type fileKind int

const (
	unknownKind fileKind = iota
	npyKind
	npzKind
	csvKind
	idxKind
)

// kinds lists the suffixes of each kind, without the .gz that may follow.
var kinds = []struct {
	suffix string
	kind   fileKind
	about  string
}{
	{".npz", npzKind, "numpy arrays train, valid and test (with optional NAME_context, NAME_labels), or one array to split"},
	{".npy", npyKind, "one numpy array to split; more than two dimensions are images"},
	{".csv", csvKind, "text table to split; separator , ; or tab and header are detected; .csv.gz too"},
	{".tsv", csvKind, "as .csv"},
	{".data", csvKind, "as .csv, the name that the UCI repository uses"},
	{".idx", idxKind, "IDX array as MNIST's, also *-idx3-ubyte and .gz"},
}

var idxName = regexp.MustCompile(`idx[1-9]-ubyte$`)

// kindOf tells the kind of a file by its name.
func kindOf(path string) fileKind {
	name := strings.ToLower(filepath.Base(path))
	base, zipped := strings.CutSuffix(name, ".gz")
	if idxName.MatchString(base) {
		return idxKind
	}
	for _, k := range kinds {
		if strings.HasSuffix(base, k.suffix) && (k.kind != npzKind || !zipped) {
			return k.kind
		}
	}
	return unknownKind
}

// errKind says that the name of a file does not tell how to read it.
func errKind(path string) error {
	ext := filepath.Ext(strings.TrimSuffix(path, ".gz"))
	var known []string
	for _, k := range kinds {
		known = append(known, k.suffix)
	}
	return fmt.Errorf("files named *%s are not read (%s are)%s", ext, strings.Join(known, " "), didYouMean(ext, known))
}

// ReadFile reads one table from a .npy, .npz, .csv, .tsv, .data or IDX file;
// all but .npz may be compressed by gzip. A vector becomes one column, an array
// of more than two dimensions one row for each first index. If a .npz file has
// arrays NAME and NAME_context, the second is the context.
//
// It returns an error, which names the file and the place in it, when the file
// is damaged, too large, has no rows or no columns, or holds a value that is
// not finite.
func ReadFile(ctx context.Context, path string, o ReadOptions) (*Set, error) {
	limit, err := newBudget(o.MaxValues)
	if err != nil {
		return nil, err
	}
	s, err := readFile(ctx, path, o, limit)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return s, nil
}

func readFile(ctx context.Context, path string, o ReadOptions, limit *budget) (*Set, error) {
	kind := kindOf(path)
	if kind != npzKind && o.Array != "" {
		return nil, fmt.Errorf("array %q is asked for, but only .npz files hold several arrays", o.Array)
	}
	if kind == npzKind {
		z, err := openNPZ(ctx, path, limit, o.AllowMissing)
		if err != nil {
			return nil, err
		}
		defer z.close()
		return z.single(o.Array)
	}
	if kind == unknownKind {
		if _, err := os.Stat(path); err != nil {
			return nil, files.Cause(err)
		}
		return nil, errKind(path)
	}
	in, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer in.close()
	switch kind {
	case npyKind:
		return readNPY(in.r, in.avail, path, limit, o.AllowMissing)
	case idxKind:
		return readIDX(in.r, in.avail, path, limit, o.AllowMissing)
	default:
		return readCSV(in.r, path, limit, o.AllowMissing)
	}
}

// input is an open file, decompressed when its first bytes are gzip's.
type input struct {
	r     io.Reader
	avail int64 // upper bound on the bytes that r gives
	close func()
}

func open(ctx context.Context, path string) (*input, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	in := &input{avail: size, close: func() { _ = f.Close() }}
	buffered := bufio.NewReaderSize(contextReader{ctx, f}, 1<<16)
	in.r = buffered
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			in.close()
			return nil, damage(err)
		}
		in.r, in.avail = z, inflated(size)
	}
	return in, nil
}

// openRegular opens a file of known size.
func openRegular(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, files.Cause(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil && info.Size() == 0 {
		err = errors.New("the file is empty")
	}
	if err != nil {
		_ = f.Close()
		return nil, 0, files.Cause(err)
	}
	return f, info.Size(), nil
}

// contextReader stops reading once its context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
