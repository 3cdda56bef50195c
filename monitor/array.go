package monitor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Bounds on an array: 4 MiB of float32, and the header that numpy itself takes.
const (
	maxArray  = 1 << 20
	maxHeader = 10_000
)

// An array is the beginning of a .npy file that a trainer left.
type array struct {
	shape  []int // of what was read
	values []float32
}

var (
	npyDescr = regexp.MustCompile(`'descr': *'<f([48])'`)
	npyOrder = regexp.MustCompile(`'fortran_order': *False`)
	npyShape = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

// readArray reads an array of float32 or float64 in C order, of a large one the
// first rows. Package data refuses infinities, as values to train on; in a grid
// of log-densities they are where there is no density.
func readArray(run, file string) (*array, error) {
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return nil, fmt.Errorf("%q is not in the run directory", file)
	}
	f, info, err := openRegular(filepath.Join(run, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := readNPY(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return a, nil
}

func readNPY(f *os.File, size int64) (*array, error) {
	var start [10]byte
	if _, err := io.ReadFull(f, start[:]); err != nil {
		return nil, errors.New("the file is cut short")
	}
	length := int(binary.LittleEndian.Uint16(start[8:]))
	if string(start[:8]) != "\x93NUMPY\x01\x00" || length > maxHeader {
		return nil, errors.New("it does not begin as an npy array of version 1.0 does")
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(f, header); err != nil {
		return nil, errors.New("the header is cut short")
	}
	shape, width, err := parseHeader(string(header))
	if err != nil {
		return nil, err
	}
	rows, cols, err := countValues(shape, (size-int64(len(start)+length))/int64(width))
	if err != nil {
		return nil, err
	}
	rows = min(rows, maxArray/cols)
	if rows == 0 {
		return nil, fmt.Errorf("one row of it has %d values (%d are shown at most)", cols, maxArray)
	}
	raw := make([]byte, rows*cols*width)
	if _, err := io.ReadFull(f, raw); err != nil {
		return nil, errors.New("the file is cut short")
	}
	shape[0] = rows
	return &array{shape, decodeFloats(raw, width)}, nil
}

// parseHeader returns the shape and the bytes of a value.
func parseHeader(text string) (shape []int, width int, err error) {
	descr, dims := npyDescr.FindStringSubmatch(text), npyShape.FindStringSubmatch(text)
	if descr == nil || dims == nil || !npyOrder.MatchString(text) {
		return nil, 0, errors.New("it is not an array of float32 or float64 in C order")
	}
	for part := range strings.SplitSeq(strings.TrimRight(dims[1], ", "), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return nil, 0, fmt.Errorf("it has the shape (%s)", dims[1])
		}
		shape = append(shape, n)
	}
	return shape, int(descr[1][0] - '0'), nil
}

// countValues returns the rows and the values of each, which the file must hold.
func countValues(shape []int, held int64) (rows, cols int, err error) {
	cols = 1
	for i, n := range shape {
		if n <= 0 {
			return 0, 0, fmt.Errorf("it has the shape %v, without values", shape)
		}
		if i > 0 {
			if int64(n) > held/int64(cols) {
				return 0, 0, fmt.Errorf("it is cut short for the shape %v", shape)
			}
			cols *= n
		}
	}
	if int64(shape[0]) > held/int64(cols) {
		return 0, 0, fmt.Errorf("it is cut short for the shape %v", shape)
	}
	return shape[0], cols, nil
}

func decodeFloats(raw []byte, width int) []float32 {
	values := make([]float32, len(raw)/width)
	for i := range values {
		if width == 4 {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		} else {
			values[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		}
	}
	return values
}
