// Package format reads tables from files and writes them: CSV, Parquet, numpy's .npy
// and .npz, and IDX, some perhaps compressed by gzip. The suffix of a name gives the
// kind of file ([KindOf]):
//
//	rows, err := format.ReadFile(ctx, "wine.csv", format.ReadOptions{})
//	err = format.WriteFile("wine.npy", rows)
//
// A [data.Table] is what is read and written. [OpenNPZ] gives the arrays of a .npz
// file one by one, [ReadCSV] and [WriteCSV] work on streams, [Pages] reads rows that memory
// does not hold, and [WriteRows] writes rows that come in blocks.
//
// Files are not trusted. A header's claim is checked against the bytes that
// are there before memory is taken, checksums are read to the end, a limit on
// the number of values stops decompression bombs, and no value may be infinite.
// Errors name the file, the row and the column: rows and columns of arrays count
// from 0 as in numpy, lines of text count from 1 as in editors.
package format

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
)

// ReadOptions are the options of [ReadFile] and [ReadCSV].
type ReadOptions struct {
	// Array names the array to read from a .npz file. "" is the only one.
	Array string
	// Infinite accepts infinities in an array, as densities have them; otherwise
	// they are errors.
	Infinite bool
	// Head reads, of an array of more values than MaxValues, the first rows.
	Head bool
	// Dialect is how a table of text is written.
	data.Dialect
	// Schema is what is known of columns of a text: a first line that has the name of one is
	// a header, whatever else is in it, and cells that need not be numbers are not refused for
	// what they look like.
	Schema data.Schema
	// MaxValues bounds the values that are held: of [Pages] those of each. 0 is [data.DefaultMaxValues].
	MaxValues int
	// Progress, if not nil, is called by [Pages] with the part of the file that has been read, before each page.
	Progress func(part float64)
}

// Kind is a kind of file, which its name gives.
type Kind int

// The kinds of files.
const (
	Unknown Kind = iota
	NPYFile
	NPZFile
	CSVFile
	IDXFile
	ParquetFile
)

// Suffix is a suffix of the names of a kind of files, without the .gz that may follow.
type Suffix struct {
	Suffix string
	Kind   Kind
	About  string
}

var suffixes = []Suffix{
	{".npz", NPZFile, "numpy arrays train, valid and test (with optional NAME_context, NAME_labels), or one array to split"},
	{".npy", NPYFile, "one numpy array to split; more than two dimensions are images"},
	{".csv", CSVFile, "text table to split; separators , ; | tab or blanks, a header and UTF-16 are detected; .csv.gz too"},
	{".tsv", CSVFile, "as .csv"},
	{".txt", CSVFile, "as .csv"},
	{".data", CSVFile, "as .csv, the name that the UCI repository uses"},
	{".parquet", ParquetFile, "Parquet file of plain columns to split; dates and times are texts"},
	{".idx", IDXFile, "IDX array as MNIST's, also *-idx3-ubyte and .gz"},
}

var idxName = regexp.MustCompile(`idx[1-9]-ubyte$`)

// Suffixes lists the suffixes of the files that are read.
func Suffixes() []Suffix { return slices.Clone(suffixes) }

// KindOf tells the kind of a file by its name.
func KindOf(path string) Kind {
	name := strings.ToLower(filepath.Base(path))
	base, zipped := strings.CutSuffix(name, ".gz")
	if idxName.MatchString(base) {
		return IDXFile
	}
	for _, k := range suffixes {
		if strings.HasSuffix(base, k.Suffix) && (k.Kind != NPZFile && k.Kind != ParquetFile || !zipped) {
			return k.Kind
		}
	}
	return Unknown
}

// filesNamed is what files with a suffix are called in an error.
func filesNamed(suffix string) string {
	if suffix == "" {
		return "files without a suffix"
	}
	return "files named *" + suffix
}

// errKind says that the name of a file does not tell how to read it.
func errKind(path string) error {
	ext := filepath.Ext(strings.TrimSuffix(path, ".gz"))
	var known []string
	for _, k := range suffixes {
		known = append(known, k.Suffix)
	}
	return fmt.Errorf("%s are not read (%s are)%s", filesNamed(ext), strings.Join(known, " "), text.DidYouMean(ext, known))
}

// ReadFile reads one table from a .npy, .npz, .csv, .tsv, .data, .parquet or IDX file;
// all but .npz and .parquet may be compressed by gzip. A vector becomes one column, an array
// of more than two dimensions one row for each first index. If a .npz file has
// arrays NAME and NAME_context, the second is the context; if all its arrays are
// vectors of one length, they are the columns of one table.
//
// It returns an error, which names the file and the place in it, when the file
// is damaged, too large, has no rows or no columns, or holds an infinity.
func ReadFile(ctx context.Context, path string, o ReadOptions) (*data.Table, error) {
	t, err := Read(ctx, path, o, data.NewLimit(o.MaxValues))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return t, nil
}

// Read is [ReadFile] under a limit that several files share. Its errors do not
// name the file.
func Read(ctx context.Context, path string, o ReadOptions, limit *data.Limit) (*data.Table, error) {
	kind := KindOf(path)
	if kind != NPZFile && o.Array != "" {
		return nil, fmt.Errorf("array %q is asked for, but only .npz files hold several arrays", o.Array)
	}
	if kind == NPZFile {
		z, err := OpenNPZ(ctx, path, limit)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		if o.Array == "" && z.IsTable() {
			return z.Table()
		}
		name, err := z.Choose(o.Array)
		if err != nil {
			return nil, err
		}
		return z.WithContext(name)
	}
	if kind == Unknown {
		if _, err := os.Stat(path); err != nil {
			return nil, files.Cause(err)
		}
		return nil, errKind(path)
	}
	if kind == ParquetFile {
		file, size, err := openRegular(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		return readParquet(ctx, file, size, path, limit, o)
	}
	in, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	switch kind {
	case NPYFile:
		return readArray(readNPYHeader, in, in.avail, path, limit, o)
	case IDXFile:
		return readArray(readIDXHeader, in, in.avail, path, limit, o)
	default:
		return readCSV(in, path, limit, o)
	}
}

// Pages reads the table of a file as [ReadFile] does, a page of its rows after the other: a text, perhaps compressed by
// gzip, and Parquet take no more memory than for a page, and for the part of each column that Parquet has compressed as
// one. Of other files the only page is all of it. What only many rows of a text show, as whether the first line is a row,
// the first page shows; a column of numbers may have codes, and numbers of another dialect, by the rows of one page.
// Errors are those of ReadFile, behind the pages before them.
func Pages(ctx context.Context, path string, o ReadOptions) data.Pages {
	divided := KindOf(path) == CSVFile || KindOf(path) == ParquetFile
	return func(rows int) iter.Seq2[*data.Table, error] {
		if rows < 1 || !divided || o.Array != "" {
			return func(yield func(*data.Table, error) bool) { yield(ReadFile(ctx, path, o)) }
		}
		return func(yield func(*data.Table, error) bool) {
			next, done, end, err := openPages(ctx, path, o)
			if err == nil {
				defer end()
				err = eachPage(next, rows, o, done, yield)
			}
			if err != nil {
				yield(nil, fmt.Errorf("reading %s: %w", path, err))
			}
		}
	}
}

// PagesOfCSV is [Pages] of a text that is read once: a second time the only page has no rows and is an error.
func PagesOfCSV(r io.Reader, name string, o ReadOptions) data.Pages {
	return func(rows int) iter.Seq2[*data.Table, error] {
		return func(yield func(*data.Table, error) bool) {
			s, err := newSheet(r, o)
			if err == nil {
				err = eachPage(s.pages(name), cmp.Or(max(rows, 0), math.MaxInt), o, nil, yield)
			}
			if err != nil {
				yield(nil, fmt.Errorf("reading %s: %w", name, err))
			}
		}
	}
}

// nextPage reads so many rows at most, and nil at the end.
type nextPage func(rows int, limit *data.Limit) (*data.Table, error)

// eachPage yields pages to their end, or to an error.
func eachPage(next nextPage, rows int, o ReadOptions, done func() float64, yield func(*data.Table, error) bool) error {
	for {
		t, err := next(rows, data.NewLimit(o.MaxValues))
		if err != nil || t == nil {
			return err
		}
		if o.Progress != nil && done != nil {
			o.Progress(done())
		}
		if !yield(t, nil) {
			return nil
		}
	}
}

// openPages opens a text or a Parquet file, and returns what reads its pages, how much of it was read, and what closes it.
func openPages(ctx context.Context, path string, o ReadOptions) (next nextPage, done func() float64, end func(), err error) {
	if KindOf(path) == ParquetFile {
		file, size, err := openRegular(path)
		if err != nil {
			return nil, nil, nil, err
		}
		p, err := openParquet(file, size, path, data.NewLimit(o.MaxValues), o)
		if err != nil {
			_ = file.Close()
			return nil, nil, nil, err
		}
		next = func(rows int, limit *data.Limit) (*data.Table, error) { return p.page(ctx, rows, limit) }
		return next, func() float64 { return float64(p.rows) / float64(p.all) }, func() { p.close(); _ = file.Close() }, nil
	}
	in, err := Open(ctx, path)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := newSheet(in, o)
	if err != nil {
		_ = in.Close()
		return nil, nil, nil, err
	}
	return s.pages(path), in.done, func() { _ = in.Close() }, nil
}

// ReadNPY reads an array of a .npy file that has size bytes; name is for its table and
// its errors.
func ReadNPY(r io.Reader, size int64, name string, o ReadOptions) (*data.Table, error) {
	t, err := readArray(readNPYHeader, bufio.NewReaderSize(r, 1<<16), size, name, data.NewLimit(o.MaxValues), o)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return t, nil
}

// File is an open file, decompressed when its first bytes are gzip's.
type File struct {
	plainReader
	file  *os.File
	size  int64
	avail int64 // upper bound on the bytes that it gives
}

// done is the part of the file that was read.
func (in *File) done() float64 {
	at, _ := in.file.Seek(0, io.SeekCurrent)
	return float64(at) / float64(in.size)
}

// Close closes the file.
func (in *File) Close() error { return in.file.Close() }

// Open opens a file for reading, decompressed when its first bytes are gzip's. An
// error of reading says in plain words what is damaged.
func Open(ctx context.Context, path string) (*File, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(f, 1<<16)
	in := &File{plainReader{ctx, buffered}, f, size, size}
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		if in.r, err = gzip.NewReader(buffered); err != nil {
			_ = f.Close()
			return nil, damage(err)
		}
		in.avail = inflated(size)
	}
	return in, nil
}

// openRegular opens a file that is not empty.
func openRegular(path string) (*os.File, int64, error) {
	f, info, err := files.OpenRegular(path)
	if err != nil {
		return nil, 0, files.Cause(err)
	}
	if info.Size() == 0 {
		_ = f.Close()
		return nil, 0, errors.New("the file is empty")
	}
	return f, info.Size(), nil
}

// plainReader stops reading once its context is done, and says in plain words what
// is damaged.
type plainReader struct {
	ctx context.Context
	r   io.Reader
}

func (p plainReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damage(err)
	}
	return n, err
}
