package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
)

const npyMagic = "\x93NUMPY"

// maxNPYHeader bounds the header's text. numpy writes about a hundred bytes and
// itself refuses more than 10,000.
const maxNPYHeader = 1 << 16

// readNPY reads one array in numpy's format, versions 1 to 3
// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
func readNPY(r io.Reader, avail int64, name string, limit *data.Limit, o ReadOptions) (*data.Table, error) {
	b, n, err := readNPYHeader(r)
	if err != nil {
		return nil, err
	}
	return b.table(r, avail-n, name, limit, o)
}

// readNPYHeader returns what the header says and its length in bytes.
func readNPYHeader(r io.Reader) (block, int64, error) {
	var fixed [12]byte
	if _, err := io.ReadFull(r, fixed[:8]); err != nil {
		return block{}, 0, fmt.Errorf("in the npy header: %w", damage(err))
	}
	if string(fixed[:6]) != npyMagic {
		return block{}, 0, errors.New("it does not begin as an npy array does")
	}
	var length, start int
	switch major, minor := fixed[6], fixed[7]; {
	case minor == 0 && major == 1:
		start = 10
	case minor == 0 && (major == 2 || major == 3):
		start = 12
	default:
		return block{}, 0, fmt.Errorf("npy version %d.%d is not known (1.0, 2.0 and 3.0 are)", major, minor)
	}
	if _, err := io.ReadFull(r, fixed[8:start]); err != nil {
		return block{}, 0, fmt.Errorf("in the npy header: %w", damage(err))
	}
	if start == 10 {
		length = int(binary.LittleEndian.Uint16(fixed[8:]))
	} else if long := binary.LittleEndian.Uint32(fixed[8:]); long <= maxNPYHeader {
		length = int(long)
	} else {
		return block{}, 0, fmt.Errorf("the npy header claims %d bytes, more than %d", long, maxNPYHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return block{}, 0, fmt.Errorf("in the npy header: %w", damage(err))
	}
	b, err := parseNPYHeader(string(text))
	if err != nil {
		return block{}, 0, fmt.Errorf("in the npy header: %w", err)
	}
	return b, int64(start + length), nil
}

// parseNPYHeader reads the Python dictionary of an npy header, such as
// {'descr': '<f8', 'fortran_order': False, 'shape': (3648, 43), }, with exactly
// these keys in any order.
func parseNPYHeader(text string) (block, error) {
	p := pyParser{text: text}
	var (
		elem    element
		fortran bool
		shape   []uint64
		seen    []string
	)
	p.expect("{")
	for p.err == nil && !p.accept("}") {
		key := p.quoted()
		p.expect(":")
		if slices.Contains(seen, key) {
			p.fail("%q is there twice", data.Shorten(key))
		}
		seen = append(seen, key)
		switch key {
		case "descr":
			elem = p.element()
		case "fortran_order":
			fortran = p.accept("True")
			if !fortran {
				p.expect("False")
			}
		case "shape":
			shape = p.tuple()
		default:
			p.fail("unknown key %q", data.Shorten(key))
		}
		if !p.accept(",") {
			p.expect("}")
			break
		}
	}
	p.space()
	if p.err == nil && p.pos < len(p.text) {
		p.fail("text after the dictionary")
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("descr, fortran_order and shape are needed, %s given", strings.Join(seen, ", "))
	}
	if p.err != nil {
		return block{}, p.err
	}
	return newBlock(elem, shape, fortran)
}

// pyParser reads the few Python literals of a header. The first failure stays
// in err, and every later call does nothing.
type pyParser struct {
	text string
	pos  int
	err  error
}

func (p *pyParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("at byte %d: %s", p.pos, fmt.Sprintf(format, args...))
	}
}

func (p *pyParser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *pyParser) accept(word string) bool {
	p.space()
	if p.err != nil || !strings.HasPrefix(p.text[p.pos:], word) {
		return false
	}
	p.pos += len(word)
	return true
}

func (p *pyParser) expect(word string) {
	if !p.accept(word) {
		p.fail("%q expected", word)
	}
}

// quoted reads a string without escapes.
func (p *pyParser) quoted() string {
	p.space()
	if p.err != nil || p.pos == len(p.text) || (p.text[p.pos] != '\'' && p.text[p.pos] != '"') {
		p.fail("a string expected")
		return ""
	}
	s, _, closed := strings.Cut(p.text[p.pos+1:], p.text[p.pos:p.pos+1])
	if !closed {
		p.fail("a string without end")
		return ""
	}
	p.pos += len(s) + 2
	return s
}

func (p *pyParser) element() element {
	if p.accept("[") {
		p.fail("records with named fields are not read: save a plain array of numbers")
		return element{}
	}
	descr := p.quoted()
	order, kind := "", descr
	if descr != "" && strings.ContainsRune("<>|=", rune(descr[0])) {
		order, kind = descr[:1], descr[1:]
	}
	e := element{kind: elementKind(kind), big: order == ">"}
	if !slices.Contains(elementKinds, e.kind) {
		p.fail("values of type %q are not read (bool, i1 to i8, u1 to u8, f2, f4 and f8 are)", data.Shorten(descr))
		return element{}
	}
	if e.size() > 1 && order != "<" && order != ">" {
		p.fail("type %q does not say its byte order", descr)
	}
	return e
}

// tuple reads whole numbers in parentheses; Python 2 put an L behind long ones.
func (p *pyParser) tuple() []uint64 {
	shape := []uint64{}
	p.expect("(")
	for p.err == nil && !p.accept(")") {
		p.space()
		digits := len(p.text[p.pos:]) - len(strings.TrimLeft(p.text[p.pos:], "0123456789"))
		n, err := strconv.ParseUint(p.text[p.pos:p.pos+digits], 10, 64)
		if err != nil {
			p.fail("a dimension is not a whole number below 2^64")
			break
		}
		p.pos += digits
		shape = append(shape, n)
		p.accept("L")
		if !p.accept(",") {
			p.expect(")")
			break
		}
	}
	return shape
}

// npyHeader returns the header of version 1.0, padded so that the data begins
// at a multiple of 64 bytes.
func npyHeader(kind elementKind, shape []int) []byte {
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = strconv.Itoa(n)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	dict := fmt.Sprintf("{'descr': '<%s', 'fortran_order': False, 'shape': (%s), }", kind, tuple)
	const before = len(npyMagic) + 4
	pad := 63 - (before+len(dict))%64
	var b bytes.Buffer
	b.WriteString(npyMagic + "\x01\x00")
	length := uint16(len(dict) + pad + 1)
	b.Write([]byte{byte(length), byte(length >> 8)})
	b.WriteString(dict + strings.Repeat(" ", pad) + "\n")
	return b.Bytes()
}
