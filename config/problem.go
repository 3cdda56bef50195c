package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	// File, Line and Column (counted from 1, in characters) say where the value or key at fault stands. Line is 0 when the
	// problem is with the whole file, of a file.
	File         string
	Line, Column int
	// Set is the override at fault, as it was given; "" when the problem is in the file.
	Set string
	// Path of the key at fault, or of the section that holds it; "" at the top.
	Path string
	// Text says what was wrong, and what to do.
	Text string

	order int // of the override among those that were given, from 1
}

// String returns the problem as one line: "file:line:col: path: what was wrong", or "--set path=value: what was wrong".
func (p Problem) String() string {
	var b strings.Builder
	path := p.Path
	switch {
	case p.Set != "" || p.order > 0:
		b.WriteString("--set " + oneLine(p.Set) + ": ")
		if given, _, _ := strings.Cut(p.Set, "="); given == path {
			path = ""
		}
	case p.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", printable(p.File), p.Line, p.Column)
	case p.File != "":
		b.WriteString(printable(p.File) + ": ")
	}
	if path != "" {
		b.WriteString(path + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is everything that is wrong with a configuration, in the order of the file and then of the overrides. It is the error
// that [Parse] and [Load] return.
type Problems []Problem

// Brief is the first of the problems in an error, with the number of the others: of a file that a program wrote. Other
// errors stay as they are.
func Brief(err error) error {
	var ps Problems
	if !errors.As(err, &ps) || len(ps) < 2 {
		return err
	}
	return fmt.Errorf("%s (and %d more)", ps[0], len(ps)-1)
}

// Error returns one line for each problem; after a hundred it only counts the rest.
func (ps Problems) Error() string {
	const most = 100
	lines := make([]string, 0, min(len(ps), most+1))
	for i, p := range ps {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more problems", len(ps)-most))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// oneLine returns s fit for one line of an error message: quoted when it has characters that do not print, and cut when long.
func oneLine(s string) string { return printable(text.Shorten(s, 101)) }

// printable returns s, quoted when it has characters that do not print.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// quoted returns s in quotes, fit for one line.
func quoted(s string) string {
	if q := oneLine(s); strings.HasPrefix(q, `"`) && q != s {
		return q
	}
	return strconv.Quote(oneLine(s))
}

// unknownKey returns a hint for a key that section does not have: the path that was probably meant, "" when none is near, and a
// remark in brackets.
func (r *reader) unknownKey(section, name string) (meant, hint string) {
	if why := r.keys.Absent(option.Join(section, name)); why != "" {
		return "", "(" + why + ")"
	}
	here := r.children[section]
	if near := text.Nearest(name, here); near != "" {
		return option.Join(section, near), "(did you mean " + quoted(near) + "?)"
	}
	if strings.Contains(name, ".") && r.keys.At(name) != nil {
		nested := strings.ReplaceAll(name, ".", ": {") + ": …" + strings.Repeat("}", strings.Count(name, "."))
		return name, "(write the path as nested sections, " + nested + ")"
	}
	if paths := r.elsewhere(name); len(paths) > 0 {
		return "", "(did you mean " + strings.Join(paths, " or ") + "?)"
	}
	return "", "(known here: " + strings.Join(here, ", ") + ")"
}
