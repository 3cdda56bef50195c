package plot

// Positive says whether every finite y of the lines inside of the window's x is above zero, so that LogY hides nothing,
// and returns the first that is not.
func (c Chart) Positive() (ok bool, example float64) {
	x := c.X
	if !x.proper() {
		if x, ok = c.fitX(); !ok {
			return true, 0
		}
	}
	for _, line := range c.Lines {
		s := newSource(line.Points, false)
		if s.n == 0 {
			continue
		}
		found := false
		from, to := s.inside(x)
		s.walk(from, to, func(from, to int, b block) {
			for i := from; i < to && !found && !b.empty() && b.lo <= 0; i++ {
				if _, y := s.points.At(i); y <= 0 {
					found, example = true, y
				}
			}
		})
		if found {
			return false, example
		}
	}
	return true, 0
}
