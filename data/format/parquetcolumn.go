package format

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	meta "github.com/parquet-go/parquet-go/format"
)

// parquetColumn is a column of a row group, of which values were read.
type parquetColumn struct {
	pages   parquet.Pages
	doubles bool
	page    parquet.Page // of the file, nil before the first
	numbers []float64    // of the page, where it has nothing else, and
	values  parquet.ValueReader
	buffer  [1024]parquet.Value
}

// isDouble reports whether a type is that of numbers that are kept as they are.
func isDouble(typ parquet.Type) bool { return typ.Kind() == parquet.Double && typ.LogicalType() == nil }

// next gives so many values at most, until it is called again, or numbers in their place.
func (c *parquetColumn) next(ctx context.Context, most int) (_ []parquet.Value, numbers []float64, _ error) {
	for {
		if n := min(most, len(c.numbers)); n > 0 {
			numbers, c.numbers = c.numbers[:n], c.numbers[n:]
			return nil, numbers, nil
		}
		if c.page != nil && c.values != nil {
			n, err := c.values.ReadValues(c.buffer[:min(most, len(c.buffer))])
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, nil, errParquet
			}
			if n > 0 {
				return c.buffer[:n], nil, nil
			}
		}
		c.release()
		page, err := c.pages.ReadPage()
		if err != nil { // its end, too, which comes too early
			return nil, nil, errParquet
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if c.page = page; c.doubles && page.Dictionary() == nil && page.NumNulls() == 0 {
			values := page.Data()
			c.numbers = values.Double()
		} else {
			c.values = page.Values()
		}
	}
}

func (c *parquetColumn) release() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page, c.numbers, c.values = nil, nil, nil
	}
}

// parquetCell returns the number in a cell, or NaN and its text.
type parquetCell func(parquet.Value) (number float64, text string)

// cellOf reads the values of a type, nil where they are neither numbers nor texts.
func cellOf(typ parquet.Type) parquetCell {
	number := func(of func(parquet.Value) float64) parquetCell {
		return func(v parquet.Value) (float64, string) { return of(v), "" }
	}
	moment := func(layout string, of func(parquet.Value) time.Time) parquetCell {
		return func(v parquet.Value) (float64, string) { return math.NaN(), of(v).UTC().Format(layout) }
	}
	whole := func(v parquet.Value) int64 {
		if v.Kind() == parquet.Int32 {
			return int64(v.Int32())
		}
		return v.Int64()
	}
	plain := func(v parquet.Value) (float64, string) { return math.NaN(), string(v.ByteArray()) }
	var logical any
	if l := typ.LogicalType(); l != nil {
		logical = l.Value
	}
	switch l := logical.(type) {
	case *meta.DateType:
		return moment(time.DateOnly, func(v parquet.Value) time.Time { return time.Unix(int64(v.Int32())*86400, 0) })
	case *meta.TimestampType:
		unit := l.Unit.Value.Duration()
		return moment(timeLayout, func(v parquet.Value) time.Time {
			n, second := v.Int64(), int64(time.Second/unit)
			return time.Unix(n/second, n%second*int64(unit))
		})
	case *meta.TimeType:
		unit := l.Unit.Value.Duration()
		return moment("15:04:05.999999999", func(v parquet.Value) time.Time { return time.Unix(0, whole(v)*int64(unit)) })
	case *meta.DecimalType:
		scale := l.Scale
		return number(func(v parquet.Value) float64 { return decimal(v, scale) })
	case *meta.IntType:
		if !l.IsSigned {
			return number(func(v parquet.Value) float64 {
				if v.Kind() == parquet.Int32 {
					return float64(v.Uint32())
				}
				return float64(v.Uint64())
			})
		}
	case *meta.UUIDType:
		return func(v parquet.Value) (float64, string) { return math.NaN(), fmt.Sprintf("%x", v.ByteArray()) }
	case *meta.StringType, *meta.EnumType, *meta.JsonType:
		return plain
	case nil:
	default:
		return nil
	}
	switch typ.Kind() {
	case parquet.Boolean:
		return number(func(v parquet.Value) float64 {
			if v.Boolean() {
				return 1
			}
			return 0
		})
	case parquet.Int32, parquet.Int64:
		return number(func(v parquet.Value) float64 { return float64(whole(v)) })
	case parquet.Float: // by its decimal digits, as it is written elsewhere
		return number(func(v parquet.Value) float64 {
			wide, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v.Float()), 'g', -1, 32), 64)
			return wide
		})
	case parquet.Double:
		return number(func(v parquet.Value) float64 { return v.Double() })
	case parquet.Int96: // nanoseconds of a Julian day
		return moment(timeLayout, func(v parquet.Value) time.Time {
			n := v.Int96()
			return time.Unix((int64(n[2])-2440588)*86400, int64(n[1])<<32|int64(n[0]))
		})
	case parquet.ByteArray:
		return plain
	}
	return nil
}

// decimal is the value of a decimal number of so many digits behind the point.
func decimal(v parquet.Value, scale int32) float64 {
	unscaled := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		unscaled.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		unscaled.SetInt64(v.Int64())
	default: // two's complement, the most significant byte first
		b := v.ByteArray()
		if unscaled.SetBytes(b); len(b) > 0 && b[0] >= 0x80 {
			unscaled.Sub(unscaled, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	number, _ := strconv.ParseFloat(unscaled.String()+"e"+strconv.Itoa(-int(scale)), 64)
	return number
}
