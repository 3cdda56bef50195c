package plot

// Key says in one line of at most width columns which line of a chart is which: a sample of each, as the chart draws it,
// and its name. Lines without a name are left out, and those for which there is no room.
func (c Chart) Key(width int, style Style) string {
	canvas := newCanvas(width, 1)
	at := 0
	for i, line := range c.Lines {
		name := clean(line.Name)
		if name == "" || at+3+columns(name) > width {
			continue
		}
		p := line.pen(i, !style.Unicode)
		sample := p.character
		switch {
		case !style.Unicode:
		case line.Faint && style.Colour == NoColour:
			sample = '┄'
		default:
			sample = '━'
		}
		canvas.mark(at, 0, sample, p.ink, paint{})
		canvas.mark(at+1, 0, sample, p.ink, paint{})
		canvas.text(at+3, 0, name)
		at += 3 + columns(name) + apart
	}
	if canvas.width == 0 {
		return ""
	}
	return canvas.lines(style)[0]
}
