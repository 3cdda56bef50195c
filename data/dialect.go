package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/option"
)

// Dialect is how a table of text is written. What is left out is guessed from the
// first lines, except for the decimal sign, which is the point: 1,234 may be either.
type Dialect struct {
	// Header is "yes" when the first line has the names of the columns, "no" when it is
	// a row. "" or "auto" takes it for a header when none of its cells is a number and one is
	// no value of its column, and for a row when it has numbers alone or a text that recurs.
	Header string
	// Separator stands between cells: a character, or by name "comma", "semicolon",
	// "tab", or "blanks", which are runs of spaces and tabs. "" or "auto" is the first
	// of ; tab , | that the first two lines have equally often, else blanks where both
	// have equally many and the second has numbers alone.
	Separator string
	// Decimal is the decimal sign of numbers: "" or "point", or "comma".
	Decimal string
	// Thousands is the separator of thousands in numbers: "comma", "point", "blank",
	// "apostrophe" or "none". "" or "auto" has none either, but refuses columns of numbers of
	// which some can only have one or another decimal sign.
	Thousands string
	// Missing are the spellings of a missing value beside the empty cell; nil is those of
	// [Dialect.MissingSigns].
	Missing []string
	// Encoding is "utf-8", "utf-16" or "latin-1", which is read as Windows-1252. "" or
	// "auto" knows UTF-16 by its mark or its zero bytes, takes the rest for UTF-8, and a
	// name or text that is none for Latin-1.
	Encoding string
}

// Table declares the options.
func (d *Dialect) Table() option.Table {
	return option.Table{
		option.Words("header", &d.Header, "whether the first line of a table of text has the names of the columns; auto takes it for a header when none of its cells is a number and one is no value of its column",
			"auto", "yes", "no"),
		option.Of("separator", &d.Separator, "auto", "what stands between the cells of a table of text: one character, or comma, semicolon, tab or blanks, which are runs of spaces and tabs; auto goes by the first two lines").
			Check(func(note option.Note) {
				if _, known := d.Comma(); !known {
					note(-1, fmt.Sprintf("%q is no separator (one character that no number has, or comma, semicolon, tab, blanks, auto)", d.Separator))
				}
			}),
		option.Words("decimal", &d.Decimal, "the decimal sign of a table of text", "point", "comma"),
		option.Words("thousands", &d.Thousands, "the separator of thousands in the numbers of a table of text; auto refuses columns of numbers that seem to have one, none takes such cells for texts",
			"auto", "none", "comma", "point", "blank", "apostrophe"),
		option.Of("missing", &d.Missing, nil, "the spellings of a missing value in a table of text, beside the empty cell").
			Default("[" + strings.Join(missingSigns, ", ") + "]"),
		option.Words("encoding", &d.Encoding, "how a table of text is encoded; latin-1 includes Windows-1252; auto knows UTF-16, else takes the text for UTF-8 and names that are none for Latin-1",
			"auto", "utf-8", "utf-16", "latin-1"),
	}
}

var missingSigns = []string{"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "?", "null", "NULL", "."}

// MissingSigns are the spellings of a missing value beside the empty cell: those chosen or,
// where none are, NA, N/A, NaN, ?, null and a single point. None is a text.
func (d *Dialect) MissingSigns() []string {
	if d.Missing == nil {
		return slices.Clone(missingSigns)
	}
	return slices.Clone(d.Missing)
}

// The separators that are no character of their own.
const (
	AutoSeparator rune = 0
	Blanks        rune = ' '
)

// Comma returns the separator as a character, AutoSeparator where it is to be guessed, and whether
// it can be one.
func (d *Dialect) Comma() (comma rune, ok bool) {
	switch d.Separator {
	case "", "auto":
		return AutoSeparator, true
	case "blanks", " ":
		return Blanks, true
	case "tab", `\t`:
		return '\t', true
	case "comma":
		return ',', true
	case "semicolon":
		return ';', true
	}
	if len(d.Separator) != 1 || !strings.ContainsAny(d.Separator, "!#$%&'()*,/:;<=>?@[]^`{|}~\t") {
		return AutoSeparator, false
	}
	return rune(d.Separator[0]), true
}
