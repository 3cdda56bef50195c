package format

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// groupSigns are what separates thousands, by its name.
var groupSigns = map[string]string{"comma": ",", "point": ".", "blank": " \u00a0\u202f", "apostrophe": "'’"}

// groupings are the numbers with thousands of each name; that of a name without any is nil.
var groupings = func() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{"": nil, "auto": nil, "none": nil}
	for name, signs := range groupSigns {
		all[name] = regexp.MustCompile(`^[+-]?\d{1,3}(?:[` + signs + `]\d{3})+(?:[.,]\d*)?$`)
	}
	return all
}()

// foreign are numbers of some dialect that has another decimal sign or separates thousands.
var foreign = regexp.MustCompile(`^[+-]?(?:\d{1,3}(?:[.,'’ \x{a0}\x{202f}]\d{3})+(?:[.,]\d*)?|\d+[.,]\d*(?:[eE][+-]?\d+)?)$`)

// infinity is how an infinite value is written.
var infinity = regexp.MustCompile(`(?i)^[+-]?inf(inity)?$`)

// digits are what the whole numbers of a column look like.
type digits struct {
	padded bool // some have leading zeros, and are texts
	other  bool // some number is no plain row of digits
}

// number returns the number in a cell, and NaN when it is none.
func (s *sheet) number(cell string) float64 {
	v := num.ParseCell(cell, s.point())
	if v == v || s.grouped == nil || !s.grouped.MatchString(strings.TrimSpace(cell)) {
		return v
	}
	signs := groupSigns[s.Thousands]
	return num.ParseCell(strings.Map(func(r rune) rune {
		if strings.ContainsRune(signs, r) {
			return -1
		}
		return r
	}, cell), s.point())
}

// value returns the number in a cell, and whether it is a text, which is NaN as a number
// that is missing is.
func (s *sheet) value(cell string, col int) (v float64, isText bool) {
	v = s.number(cell)
	if v != v {
		cell = strings.TrimSpace(cell)
		if s.missing[cell] {
			return v, false
		}
		if strings.IndexByte("iI+-", cell[0]) >= 0 && infinity.MatchString(cell) {
			return math.Inf(1 - 2*strings.Count(cell, "-")), false
		}
		return v, true
	}
	for col >= len(s.codes) {
		s.codes = append(s.codes, digits{})
	}
	if code := &s.codes[col]; !code.other {
		cell = strings.TrimSpace(cell)
		switch {
		case !isPlain(cell):
			code.other = true
		case isCode(cell):
			code.padded = true
			return math.NaN(), true
		}
	}
	return v, false
}

// isPlain reports whether a cell is a row of digits, and isCode whether these begin with a zero.
func isPlain(cell string) bool { return len(cell) < 16 && strings.Trim(cell, "0123456789") == "" }

func isCode(cell string) bool { return len(cell) > 1 && cell[0] == '0' && isPlain(cell) }

// settle decides what only many rows show, those of a page: whether the first line is a row, which
// columns have codes, and whether one has numbers of another dialect.
func (s *sheet) settle(t *data.Table) error {
	rows, dim := t.Dims()
	for col, code := range s.codes {
		for i := 0; code.padded && i < rows; i++ {
			cell, isText := t.Text(i, col)
			v := t.At(i, col)
			if isText && code.other {
				if v = s.number(cell); v == v && strings.HasPrefix(cell, "0") {
					t.Set(i, col, v)
				}
			} else if !code.other && v == v {
				t.SetText(i, col, strconv.FormatFloat(v, 'f', -1, 64))
			}
		}
	}
	begins := s.rows == 0
	if t.Texts() == 0 {
		if begins {
			return s.mixed
		}
		return nil
	}
	recurs := func(cell string, col, from int) bool {
		for i := from; i < rows; i++ {
			if text, ok := t.Text(i, col); ok && text == cell {
				return true
			}
		}
		return false
	}
	guessed, names := begins && s.Header != "yes" && s.Header != "no", t.Columns != nil && t.Lines.At(0) > s.first
	values, row := 0, s.mixed == nil // how many words of the first line are values of their columns
	for col := range dim {
		if cell, ok := t.Text(0, col); begins && s.mixed != nil && ok {
			row = row || recurs(cell, col, 1)
		}
		if guessed && names && values == col && recurs(t.Columns[col], col, 0) {
			values++
		}
	}
	switch {
	case begins && !row:
		return s.mixed
	case values == dim:
		return fmt.Errorf("line %d has values of the columns below it: it seems to be a row (data.header or --header no; if it has names, yes)", s.first)
	case s.Thousands == "none":
		return nil
	}
	for col := range dim {
		name := strconv.Itoa(col)
		if t.Columns != nil {
			name = t.Columns[col]
		}
		if slices.ContainsFunc(s.schema, func(c data.Column) bool { return (c.Name == name || c.Name == strconv.Itoa(col)) && !c.OfNumbers() }) {
			continue
		}
		if err := s.dialectOf(t, col); err != nil {
			return err
		}
	}
	return nil
}

// isName reports whether a cell of the first line is the name of a column, and not the number of one of dim
// or of the column itself, which has no name then.
func (s *sheet) isName(cell string, dim int) bool {
	k, err := strconv.Atoi(cell)
	i := slices.IndexFunc(s.schema, func(c data.Column) bool { return c.Name == cell })
	return i >= 0 && (err != nil || k >= dim && k != i)
}

// dialectOf returns an error for a column most of whose cells are numbers where some can
// only be numbers of another dialect.
func (s *sheet) dialectOf(t *data.Table, col int) error {
	numbers, others, words, first := 0, 0, 0, 0
	kinds := make(map[int]bool)
	for i := range t.Rows() {
		id, isText := t.TextID(i, col)
		if !isText {
			if v := t.At(i, col); v == v {
				numbers++
			}
			continue
		}
		is, known := kinds[id]
		if !known {
			is = foreign.MatchString(t.TextOf(id))
			kinds[id] = is
		}
		if is {
			if others == 0 {
				first = i
			}
			others++
		} else {
			words++
		}
	}
	if others == 0 || numbers+others <= words {
		return nil
	}
	cell, _ := t.Text(first, col)
	var keys []string
	for decimal, sign := range map[string]byte{"comma": ',', "point": '.'} {
		if v := num.ParseCell(cell, sign); v == v {
			keys = append(keys, "data.decimal or --decimal "+decimal)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groupSigns)) {
		if groupings[name].MatchString(cell) {
			keys = append(keys, "data.thousands or --thousands "+name)
		}
	}
	return fmt.Errorf("%s is %q, a number of another dialect (%s; if it is a text, data.thousands or --thousands none)", t.Place(first, col), text.Shorten(cell, 41), strings.Join(keys, ", "))
}
