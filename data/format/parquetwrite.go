package format

import (
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
)

// parquetRows is how many rows are in one part of a Parquet file, except the last.
const parquetRows = 1 << 16

// parquetBody writes rows of Parquet: each column is one of doubles, floats, whole numbers or
// texts, as the first block has it, and each cell may be null.
type parquetBody struct {
	out    *parquet.GenericWriter[any]
	cells  []data.Cells
	digits int             // of the type of the numbers: 32 or 64
	values []parquet.Value // of rows that are not written yet, a batch of them
	batch  []parquet.Row
	rows   int // of the part that is written
}

func newParquetBody(out io.Writer, t *data.Table, rows, digits int) (*parquetBody, error) {
	b := &parquetBody{cells: cellsOf(t, t.Rows() == rows), digits: digits}
	columns := t.Columns
	if columns == nil {
		columns = make([]string, len(b.cells))
	}
	columns, err := columnNames(columns)
	if err != nil {
		return nil, err
	}
	root := parquetRoot{}
	for col, cells := range b.cells {
		var node parquet.Node
		switch {
		case cells == data.TextCells:
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		case cells == data.WholeCells:
			node = parquet.Leaf(parquet.Int64Type)
		case digits == 32:
			node = parquet.Leaf(parquet.FloatType)
		default:
			node = parquet.Leaf(parquet.DoubleType)
		}
		root.fields = append(root.fields, parquetField{parquet.Optional(node), columns[col]})
	}
	b.out = parquet.NewGenericWriter[any](out, parquet.NewSchema("rows", root), parquet.Compression(&parquet.Snappy), parquet.CreatedBy("maskflow", "", ""))
	return b, nil
}

// parquetRoot is a group whose fields keep their order.
type parquetRoot struct {
	parquet.Group
	fields []parquet.Field
}

func (r parquetRoot) Fields() []parquet.Field { return r.fields }
func (parquetRoot) GoType() reflect.Type      { return reflect.TypeFor[struct{}]() }

type parquetField struct {
	parquet.Node
	name string
}

func (f parquetField) Name() string                          { return f.name }
func (parquetField) Value(_ reflect.Value) (v reflect.Value) { return v }

func (b *parquetBody) write(t *data.Table) error {
	for i := range t.Rows() {
		for col, cells := range b.cells {
			cell, isText := t.Text(i, col)
			number := t.At(i, col)
			v, present := parquet.NullValue(), 1
			switch {
			case !isText && number != number:
				present = 0
			case cells == data.TextCells:
				v = parquet.ByteArrayValue([]byte(cellText(t, i, col)))
			case isText:
				return fmt.Errorf("%s is %q in a column of numbers", t.Place(i, col), text.Shorten(cell, 41))
			case cells == data.WholeCells && !isWhole(number):
				return fmt.Errorf("%s is %v in a column of whole numbers", t.Place(i, col), number)
			case cells == data.WholeCells:
				v = parquet.Int64Value(int64(number))
			case b.digits == 32:
				v = parquet.FloatValue(float32(number))
			default:
				v = parquet.DoubleValue(number)
			}
			b.values = append(b.values, v.Level(0, present, col))
		}
		const batch = 1 << 9 // which divides a part
		if b.rows++; b.rows%batch == 0 || i == t.Rows()-1 {
			if err := b.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes the batch, and ends a part that has all its rows.
func (b *parquetBody) flush() error {
	b.batch = b.batch[:0]
	for row := range slices.Chunk(b.values, len(b.cells)) {
		b.batch = append(b.batch, row)
	}
	b.values = b.values[:0]
	if _, err := b.out.WriteRows(b.batch); err != nil || b.rows < parquetRows {
		return err
	}
	b.rows = 0
	return b.out.Flush()
}

func (b *parquetBody) end() error { return b.out.Close() }
