package format

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	meta "github.com/parquet-go/parquet-go/format"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
)

// maxParquetFooter bounds the description of the columns and their pages.
const maxParquetFooter = 1 << 24

// readParquet reads a table of plain columns (parquet.apache.org/docs/file-format). Dates and
// times become texts, as ISO 8601 writes them, with a blank before the time of day.
func readParquet(ctx context.Context, file *os.File, size int64, name string, limit *data.Limit, o ReadOptions) (t *data.Table, err error) {
	p, err := openParquet(file, size, name, limit, o)
	if err != nil {
		return nil, err
	}
	defer p.close()
	for group := range p.f.Metadata().RowGroups { // before memory is taken for all of them
		if err := p.check(group); err != nil {
			return nil, err
		}
	}
	p.checked = true
	return p.page(ctx, math.MaxInt, limit)
}

// parquetReader reads the rows of a file in their order.
type parquetReader struct {
	ReadOptions
	file    *os.File
	size    int64
	name    string
	names   []string
	cells   []parquetCell
	missing map[string]bool
	f       *parquet.File
	most    int64 // bytes of a page of the file
	checked bool

	rows, all int64            // that were read, and those of the file
	group     int              // the row group that follows
	left      int64            // rows of the one before, in
	columns   []*parquetColumn // whose values are these
	noted     bool             // a number that is rounded
}

// openParquet reads what a file says of its columns.
func openParquet(file *os.File, size int64, name string, limit *data.Limit, o ReadOptions) (p *parquetReader, err error) {
	defer whole(&err)
	if err := checkParquetFooter(file, size); err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", errParquet, text.Shorten(err.Error(), 81))
	}
	p = &parquetReader{ReadOptions: o, file: file, size: size, name: name, f: f, missing: signsOf(o.Missing), most: limit.Left()*8 + 1<<16}
	if p.names, p.cells, err = parquetColumns(f.Schema()); err != nil {
		return nil, err
	}
	for _, group := range f.Metadata().RowGroups {
		if p.all += group.NumRows; group.NumRows < 0 || p.all < 0 {
			return nil, errParquet
		}
	}
	switch {
	case len(p.names) == 0:
		return nil, errors.New("it has no columns")
	case p.all == 0:
		return nil, errors.New("it holds no rows")
	}
	return p, nil
}

// whole makes an error of a panic: package parquet trusts what a file says of itself.
func whole(err *error) {
	if broken := recover(); broken != nil {
		*err = errParquet
	}
}

// parquetColumns are the names of the columns of a file, and what reads their values.
func parquetColumns(schema *parquet.Schema) (names []string, cells []parquetCell, err error) {
	for _, field := range schema.Fields() {
		name := field.Name()
		if !field.Leaf() || field.Repeated() {
			return nil, nil, fmt.Errorf("column %q is a list, a map or a group: only plain columns are read", text.Shorten(name, 41))
		}
		cell := cellOf(field.Type())
		if cell == nil {
			return nil, nil, fmt.Errorf("column %q has values of type %s, which is not read", text.Shorten(name, 41), field.Type())
		}
		names, cells = append(names, name), append(cells, cell)
	}
	names, err = columnNames(names)
	return names, cells, err
}

// page reads so many rows, the last of a file fewer, and behind them none: nil.
func (p *parquetReader) page(ctx context.Context, most int, limit *data.Limit) (t *data.Table, err error) {
	defer whole(&err)
	rows, dim := min(p.all-p.rows, int64(most)), int64(len(p.names))
	if rows == 0 {
		return nil, nil
	}
	if err := limit.Take(min(rows, math.MaxInt64/8/dim) * dim); err != nil {
		return nil, err
	}
	if t, err = data.FromFlat(make([]float64, rows*dim), len(p.names), p.names...); err != nil {
		return nil, err
	}
	t.Name, t.First = p.name, int(p.rows)
	for first := 0; first < int(rows); {
		if p.left == 0 {
			if err := p.next(); err != nil {
				return nil, err
			}
		}
		n := min(int(rows)-first, int(p.left))
		for c, column := range p.columns {
			if err := p.read(ctx, column, c, t, first, n, limit); err != nil {
				return nil, fmt.Errorf("column %q: %w", text.Shorten(p.names[c], 41), err)
			}
		}
		first, p.left = first+n, p.left-int64(n)
	}
	p.rows += rows
	return t, nil
}

// next begins a row group that has rows.
func (p *parquetReader) next() error {
	for p.left == 0 {
		if p.group == len(p.f.RowGroups()) {
			return errParquet
		}
		if !p.checked {
			if err := p.check(p.group); err != nil {
				return err
			}
		}
		p.close()
		p.columns, p.left = nil, p.f.Metadata().RowGroups[p.group].NumRows
		for _, chunk := range p.f.RowGroups()[p.group].ColumnChunks() {
			p.columns = append(p.columns, &parquetColumn{pages: chunk.Pages(), doubles: isDouble(chunk.Type())})
		}
		p.group++
	}
	return nil
}

// check checks the pages of a row group.
func (p *parquetReader) check(group int) (err error) {
	defer whole(&err)
	about := &p.f.Metadata().RowGroups[group]
	for c := range about.Columns {
		if err := checkParquetPages(p.file, p.size, &about.Columns[c].MetaData, about.NumRows, p.most); err != nil {
			return fmt.Errorf("column %q: %w", text.Shorten(p.names[c], 41), err)
		}
	}
	return nil
}

func (p *parquetReader) close() {
	for _, c := range p.columns {
		c.release()
		_ = c.pages.Close()
	}
}

// read puts the next n values of a column into rows of a table.
func (p *parquetReader) read(ctx context.Context, from *parquetColumn, c int, t *data.Table, first, n int, limit *data.Limit) error {
	values, dim := t.Float64(), len(p.names)
	for row := first; row < first+n; {
		some, numbers, err := from.next(ctx, first+n-row)
		if err != nil {
			return err
		}
		for _, number := range numbers {
			switch {
			case number != number:
				number = math.NaN()
			case math.IsInf(number, 0) && !p.Infinite:
				return fmt.Errorf("%s %s", t.Place(row, c), data.Refuse(number))
			}
			values[row*dim+c] = number
			row++
		}
		for _, v := range some {
			number, cell := math.NaN(), ""
			if !v.IsNull() {
				number, cell = p.cells[c](v)
			}
			switch {
			case number == number:
				values[row*dim+c] = number
			case p.missing[strings.TrimSpace(cell)]:
				values[row*dim+c] = math.NaN()
			case !utf8.ValidString(cell):
				return fmt.Errorf("%s is no text in UTF-8", t.Place(row, c))
			default:
				if err := setText(t, row, c, strings.TrimSpace(cell), limit); err != nil {
					return err
				}
			}
			if math.IsInf(number, 0) && !p.Infinite {
				return fmt.Errorf("%s %s", t.Place(row, c), data.Refuse(number))
			}
			if math.Abs(number) >= exactWhole && !p.noted && v.Kind() == parquet.Int64 {
				t.Notes, p.noted = []string{roundedNote(t.Place(row, c), number)}, true
			}
			row++
		}
	}
	return nil
}

var errParquet = errors.New("it is no whole Parquet file: it is cut short or damaged")

// timeLayout writes a point in time with as many digits as its seconds have.
const timeLayout = "2006-01-02 15:04:05.999999999"

// checkParquetFooter checks what package parquet believes: that the description of the
// columns is in the file, and that its lists are no longer than the bytes of their items.
func checkParquetFooter(file io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return errParquet
	}
	if _, err := file.ReadAt(end[:], size-8); err != nil {
		return damage(err)
	}
	length := int64(binary.LittleEndian.Uint32(end[:4]))
	switch {
	case string(end[4:]) == "PARE":
		return errors.New("it is encrypted, which is not read")
	case string(end[4:]) != "PAR1" || length > size-12:
		return errParquet
	case length > maxParquetFooter:
		return fmt.Errorf("the description of its columns has %d bytes, more than %d", length, maxParquetFooter)
	}
	footer := make([]byte, length)
	if _, err := file.ReadAt(footer, size-8-length); err != nil {
		return damage(err)
	}
	if checkThrift(new(thrift.CompactProtocol).NewReaderFromBytes(footer), thrift.STRUCT, len(footer), 0) != nil {
		return errParquet
	}
	return nil
}

// checkThrift reads a value of a type and checks that its lists have as many items as bytes
// are left for them, of at least three for a struct.
func checkThrift(r thrift.Reader, typ thrift.Type, size, depth int) (err error) {
	if depth > 16 {
		return errParquet
	}
	items := func(n int, types ...thrift.Type) error {
		least := 1
		if types[0] == thrift.STRUCT {
			least = 3
		}
		if n > (size-r.BytesRead())/least {
			return errParquet
		}
		for range n {
			for _, typ := range types {
				if err := checkThrift(r, typ, size, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	switch typ {
	case thrift.TRUE, thrift.FALSE, thrift.I8:
		_, err = r.ReadInt8()
	case thrift.I16, thrift.I32, thrift.I64:
		_, err = r.ReadInt64()
	case thrift.DOUBLE:
		_, err = r.ReadFloat64()
	case thrift.BINARY:
		_, err = r.ReadBytes()
	case thrift.LIST, thrift.SET:
		var list thrift.List
		if list, err = r.ReadList(); err == nil {
			err = items(int(list.Size), list.Type)
		}
	case thrift.MAP:
		var m thrift.Map
		if m, err = r.ReadMap(); err == nil {
			err = items(int(m.Size), m.Key, m.Value)
		}
	case thrift.STRUCT:
		for {
			field, err := r.ReadField()
			if err != nil || field.Type == thrift.STOP {
				return err
			}
			if field.Type != thrift.TRUE && field.Type != thrift.FALSE { // which are their own values
				if err := checkThrift(r, field.Type, size, depth+1); err != nil {
					return err
				}
			}
		}
	default:
		err = errParquet
	}
	return err
}

// checkParquetPages checks that the pages of a column of some rows have as many values, and
// unpack to no more than most bytes and to no more than they claim.
func checkParquetPages(file io.ReaderAt, size int64, m *meta.ColumnMetaData, rows, most int64) error {
	start := m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		start = m.DictionaryPageOffset
	}
	if start < 0 || m.TotalCompressedSize < 0 || start > size-m.TotalCompressedSize {
		return errParquet
	}
	section := io.NewSectionReader(file, start, m.TotalCompressedSize)
	in := bufio.NewReaderSize(section, 1<<12)
	protocol := new(thrift.CompactProtocol)
	for at := int64(0); at < m.TotalCompressedSize; {
		if _, err := section.Seek(at, io.SeekStart); err != nil {
			return damage(err)
		}
		in.Reset(section)
		var page meta.PageHeader
		if err := thrift.NewDecoder(protocol.NewReader(in)).Decode(&page); err != nil {
			return errParquet
		}
		begin, _ := section.Seek(0, io.SeekCurrent)
		begin -= int64(in.Buffered())
		packed, unpacked, plain := int64(page.CompressedPageSize), int64(page.UncompressedPageSize), int64(0)
		values := int64(0)
		switch {
		case page.DataPageHeader.Valid:
			values = int64(page.DataPageHeader.V.NumValues)
		case page.DataPageHeaderV2.Valid:
			values = int64(page.DataPageHeaderV2.V.NumValues)
			plain = int64(page.DataPageHeaderV2.V.RepetitionLevelsByteLength) + int64(page.DataPageHeaderV2.V.DefinitionLevelsByteLength)
		case page.DictionaryPageHeader.Valid && int64(page.DictionaryPageHeader.V.NumValues) > unpacked:
			return errParquet
		}
		if m.Type == meta.Boolean && (page.DataPageHeader.Valid && page.DataPageHeader.V.Encoding == meta.RLE || page.DataPageHeaderV2.Valid && page.DataPageHeaderV2.V.Encoding == meta.RLE) {
			return errors.New("its booleans are encoded by runs, which is not read (write them plain, in data pages of version 1)") // package parquet takes runs for whole bytes
		}
		if rows -= values; rows < 0 || values < 0 || packed < 0 || unpacked < 0 || packed > m.TotalCompressedSize-begin || plain < 0 || plain > packed {
			return errParquet
		}
		if unpacked > most {
			return fmt.Errorf("a page claims %d bytes, more than %d, the limit (data.max_values or --max-values)", unpacked, most)
		}
		if compressed := page.DataPageHeaderV2.V.IsCompressed; packed > plain && (!compressed.Valid || compressed.V) {
			if err := checkUnpacked(io.NewSectionReader(section, begin+plain, packed-plain), m.Codec, unpacked-plain); err != nil {
				return err
			}
		}
		at = begin + packed
	}
	if rows != 0 {
		return errParquet
	}
	return nil
}

// checkUnpacked checks that compressed bytes become no more than so many: package parquet takes
// memory for all that they become.
func checkUnpacked(packed io.Reader, codec meta.CompressionCodec, most int64) error {
	switch codec {
	case meta.Uncompressed, meta.Snappy: // which is bounded by its own size
		return nil
	case meta.Gzip:
		z, err := gzip.NewReader(packed)
		if err != nil {
			return damage(err)
		}
		packed = z
	case meta.Zstd:
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(1<<26))
		if err != nil {
			return errParquet
		}
		defer z.Close()
		packed = z
	default:
		return fmt.Errorf("it is compressed by %s, which is not read (snappy, gzip and zstd are)", codec) // LZ4 of package parquet gives wrong bytes where they are hard to compress
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(packed, most+1)); err != nil || n > most {
		return errParquet
	}
	return nil
}
