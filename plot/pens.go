package plot

// characters are those of lines in ASCII.
const characters = ".ox+*#"

// pens returns what each line is drawn with. Without colour, lines differ by their character in ASCII; in Unicode faint
// ones are stippled, and every second one of the others is dashed.
func (c Chart) pens(s Style) []pen {
	pens := make([]pen, len(c.Lines))
	dashed := false
	for i, line := range c.Lines {
		p := pen{ink: solid(inkOf(line.Colour, i)), layer: lineLayer}
		if line.Faint {
			p.ink, p.layer = s.weaker(p.ink), faintLayer
		}
		switch {
		case !s.Unicode:
			p.character = rune(characters[i%len(characters)])
			if line.Mark > ' ' && line.Mark < 0x7f {
				p.character = line.Mark
			}
		case s.Colour != NoColour:
		case line.Faint:
			p.stipple = 2
		default:
			p.dashed = dashed
			dashed = !dashed
		}
		pens[i] = p
	}
	return pens
}

// Key says in one line of at most width columns which line of a chart is which: a sample of each, as the chart draws it,
// and its name. Lines without a name are left out, and those for which there is no room.
func (c Chart) Key(width int, style Style) string {
	if width <= 0 {
		return ""
	}
	canvas := newCanvas(width, 1)
	at := 0
	for i, p := range c.pens(style) {
		name := clean(c.Lines[i].Name)
		if name == "" || at+3+columns(name) > width {
			continue
		}
		canvas.mark(at, 0, p.sample(), p.ink, paint{})
		canvas.mark(at+1, 0, p.sample(), p.ink, paint{})
		canvas.text(at+3, 0, name)
		at += 3 + columns(name) + apart
	}
	return canvas.lines(style)[0]
}

// Signs returns a character that looks like each line, in its colour, for a key of the caller's own.
func (c Chart) Signs(style Style) []string {
	signs := make([]string, len(c.Lines))
	for i, p := range c.pens(style) {
		canvas := newCanvas(1, 1)
		canvas.mark(0, 0, p.sample(), p.ink, paint{})
		signs[i] = canvas.lines(style)[0]
	}
	return signs
}

// sample is a character that looks like the line.
func (p pen) sample() rune {
	switch {
	case p.character != 0:
		return p.character
	case p.stipple > 0:
		return '┄'
	case p.dashed:
		return '╍'
	}
	return '━'
}
