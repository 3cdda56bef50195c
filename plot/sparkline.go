package plot

// sparkline draws values as the heights of characters in one line of at most width columns, without colour: the smallest
// lowest and the largest highest, equal ones in the middle. A value that is not finite is a blank. Where there are more
// values than columns, a column shows the mean of several.
func sparkline(values []float64, width int, style Style) string {
	if width <= 0 || len(values) == 0 {
		return ""
	}
	columns := min(width, len(values))
	means, all := make([]float64, columns), nothing
	for i := range means {
		from, to := part(i, columns, len(values))
		means[i] = meanFinite(values[from:to])
		if finite(means[i]) {
			all = all.with(block{means[i], means[i]})
		}
	}
	heights := eighths[1:]
	if !style.Unicode {
		heights = asciiHeights
	}
	line := make([]rune, columns)
	for i, v := range means {
		switch {
		case !finite(v):
			line[i] = ' '
		case all.lo == all.hi:
			line[i] = heights[(len(heights)-1)/2]
		default:
			place := min(int(Range{all.lo, all.hi}.Level(v)*float64(len(heights))), len(heights)-1)
			line[i] = heights[place]
		}
	}
	return string(line)
}

// asciiHeights are ASCII characters by how high and how dark they look.
var asciiHeights = []rune("_.-=*#")
