package plot

// Frame says where in a drawing the data are: an area in cells, and the ranges that it shows. The zero frame has none.
type Frame struct {
	Left, Top, Width, Height int
	X, Y                     Range
	LogY                     bool
}

// XAt returns the x in the middle of a column of the drawing, or the nearer end of the window beside it.
func (f Frame) XAt(column float64) float64 {
	if f.Width <= 0 {
		return f.X.Lo
	}
	t := min(max((column-float64(f.Left)+0.5)/float64(f.Width), 0), 1)
	return f.X.Lo*(1-t) + f.X.Hi*t
}

// ColumnAt returns the column of the drawing that x is in, and whether it is in the window.
func (f Frame) ColumnAt(x float64) (int, bool) {
	if f.Width <= 0 || !(x >= f.X.Lo && x <= f.X.Hi) {
		return 0, false
	}
	return f.Left + min(int(f.X.Level(x)*float64(f.Width)), f.Width-1), true
}
