package format

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

const npyMagic = "\x93NUMPY"

// maxNPYHeader bounds the header's text. numpy writes about a hundred bytes and
// itself refuses more than 10,000.
const maxNPYHeader = 1 << 16

// readNPYHeader returns what the header of an array in numpy's format, versions 1 to 3
// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html), says, and its length
// in bytes: the magic and the version, the length of a text in 2 or 4 bytes, and the text.
func readNPYHeader(r io.Reader) (block, int, error) {
	fixed, err := readBytes(r, len(npyMagic)+2)
	if err != nil {
		return block{}, 0, err
	}
	major, minor, width := fixed[6], fixed[7], 2
	switch {
	case string(fixed[:6]) != npyMagic:
		return block{}, 0, errors.New("it does not begin as an npy array does")
	case minor != 0 || major < 1 || major > 3:
		return block{}, 0, fmt.Errorf("npy version %d.%d is not known (1.0, 2.0 and 3.0 are)", major, minor)
	case major > 1:
		width = 4
	}
	size, err := readBytes(r, width)
	if err != nil {
		return block{}, 0, err
	}
	length := binary.LittleEndian.Uint32(append(size, 0, 0))
	if length > maxNPYHeader {
		return block{}, 0, fmt.Errorf("it claims %d bytes, more than %d", length, maxNPYHeader)
	}
	dict, err := readBytes(r, int(length))
	if err != nil {
		return block{}, 0, err
	}
	b, err := parseNPYHeader(string(dict))
	return b, len(fixed) + width + len(dict), err
}

// readBytes reads n bytes of a header.
func readBytes(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, damage(err)
	}
	return b, nil
}

// What makes JSON of the Python dictionary of a header.
var (
	fromPython = strings.NewReplacer("'", `"`, "(", "[", ")", "]", "True", "true", "False", "false")
	lastComma  = regexp.MustCompile(`,(\s*[\]}])`)
	longNumber = regexp.MustCompile(`(\d)L\b`) // as Python 2 wrote them
)

// textKind is a type of texts that are not empty and not too long.
var textKind = regexp.MustCompile(`^[US][1-9][0-9]{0,5}$`)

// parseNPYHeader reads the Python dictionary of an npy header, such as
// {'descr': '<f8', 'fortran_order': False, 'shape': (3648, 43), }, with exactly
// these keys in any order.
func parseNPYHeader(dict string) (block, error) {
	var h struct {
		Descr   any       `json:"descr"`
		Fortran *bool     `json:"fortran_order"`
		Shape   *[]uint64 `json:"shape"`
	}
	dict = lastComma.ReplaceAllString(longNumber.ReplaceAllString(fromPython.Replace(dict), "$1"), "$1")
	d := json.NewDecoder(strings.NewReader(dict))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return block{}, fmt.Errorf("it is no dictionary of descr, fortran_order and shape: %s", text.Shorten(err.Error(), 41))
	}
	if _, err := d.Token(); err != io.EOF || h.Descr == nil || h.Fortran == nil || h.Shape == nil {
		return block{}, errors.New("exactly descr, fortran_order and shape are needed")
	}
	descr, ok := h.Descr.(string)
	if !ok {
		return block{}, errors.New("records with named fields are not read: save a plain array of numbers")
	}
	order, kind := "", descr
	if descr != "" && strings.ContainsRune("<>|=", rune(descr[0])) {
		order, kind = descr[:1], descr[1:]
	}
	e := element{kind: elementKind(kind), big: order == ">"}
	if !slices.Contains(elementKinds, e.kind) && !textKind.MatchString(kind) {
		return block{}, fmt.Errorf("values of type %q are not read (bool, i1 to i8, u1 to u8, f2, f4, f8 and texts U and S are)", text.Shorten(descr, 41))
	}
	if e.size() > 1 && e.kind[0] != 'S' && order != "<" && order != ">" {
		return block{}, fmt.Errorf("type %q does not say its byte order", descr)
	}
	return newBlock(e, *h.Shape, *h.Fortran)
}

// npyHeader returns the header of version 1.0, padded so that the data begins
// at a multiple of 64 bytes.
func npyHeader[K ~string](kind K, shape []int) []byte {
	tuple := shapeText(shape)
	if len(shape) == 1 {
		tuple = tuple[:len(tuple)-1] + ",)"
	}
	dict := fmt.Sprintf("{'descr': '<%s', 'fortran_order': False, 'shape': %s, }", kind, tuple)
	const before = len(npyMagic) + 4
	length := (before+len(dict)+64)/64*64 - before
	return fmt.Appendf(append([]byte(npyMagic), 1, 0, byte(length), byte(length>>8)), "%-*s\n", length-1, dict)
}
