package ansisvg

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The letters: 15 high, the advance of most monospaced fonts is then that of a cell.
const (
	baseline = 14
	fonts    = "'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace"
)

// words writes what is left of a row as text: ASCII of one look together, with single
// blanks, and every other character by itself, since another font may have to give it.
func (c *canvas) words(row []cell, y int) {
	for x := 0; x < len(row); {
		first := row[x]
		if blank(first) {
			x++
			continue
		}
		end, text := x+first.columns, first.text
		for isASCII(text) && continues(row, end, first.look) {
			text += row[end].text
			end++
		}
		ink, _ := first.resolve(c.palette)
		attributes := fill(ink)
		if first.bold {
			attributes += ` font-weight="bold"`
		}
		b := c.texts.of(attributes)
		fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs">`, x*cellAcross, y*cellDown+baseline, (end-x)*cellAcross)
		_ = xml.EscapeText(b, []byte(text)) // a buffer takes everything
		b.WriteString("</text>\n")
		x = end
	}
}

// continues says whether a cell goes on with a text of a look. A blank does before more
// of it: several blanks, and those at an end, are nothing in XML.
func continues(row []cell, x int, l look) bool {
	if x >= len(row) || row[x].look != l || row[x].text == "" || !isASCII(row[x].text) {
		return false
	}
	return !blank(row[x]) || x+1 < len(row) && !blank(row[x+1]) && continues(row, x+1, l)
}

func blank(c cell) bool { return strings.TrimSpace(c.text) == "" }

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
