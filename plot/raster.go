package plot

// raster is an area of a canvas in pixels finer than cells, for lines. Pixel (0, 0) is at the upper left.
type raster struct {
	area
	across, down int      // pixels of a cell
	bits         []uint8  // of the pixels of a cell, row by row
	full         [2]uint8 // the bits of a cell's columns
	cells        []stroke
	pens         []pen
}

// stroke is the pixels of a cell that are inked, and the last pen that inked them.
type stroke struct {
	dots uint8
	pen  int32
}

// pen is what a line is drawn with.
type pen struct {
	ink paint
	// character stands for a cell with any pixel, in place of the pixels. 0 shows them.
	character rune
	// layer is how far up the line is drawn. Pixels of lower layers are not seen in the cells of upper ones: else a line
	// over a noisy one would be as thick as a cell.
	layer layer
	// stipple inks only every so manyth pixel of a bar between its ends. 0 inks all.
	stipple int
	// dashed leaves out every second stretch of a line where it is not steep.
	dashed bool
}

type layer int

const (
	bandLayer layer = iota
	faintLayer
	lineLayer
)

// The bits of the pixels of a cell: those of braille as Unicode numbers its dots, and those of blocks, as in quadrants.
var (
	brailleBits = []uint8{0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80}
	blockBits   = []uint8{1, 2, 4, 8}
	wholeBits   = []uint8{1}
)

// quadrants are characters by their bits.
var quadrants = [...]rune{' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'}

func newRaster(a area, s Style) *raster {
	r := &raster{area: a, across: 1, down: 1, bits: wholeBits, cells: make([]stroke, max(a.width, 0)*max(a.height, 0))}
	switch {
	case s.Unicode && s.Symbols == Block:
		r.across, r.down, r.bits = 2, 2, blockBits
	case s.Unicode:
		r.across, r.down, r.bits = 2, 4, brailleBits
	}
	for i, bit := range r.bits {
		r.full[i%r.across] |= bit
	}
	return r
}

// columns and rows are the size in pixels.
func (r *raster) columns() int { return r.width * r.across }
func (r *raster) rows() int    { return r.height * r.down }

// take selects the pen that draws from now on.
func (r *raster) take(p pen) { r.pens = append(r.pens, p) }

// bar inks the pixels of a column from one row to another. What is outside is lost.
func (r *raster) bar(x, top, bottom int) {
	top, bottom = max(top, 0), min(bottom, r.rows()-1)
	if x < 0 || x >= r.columns() || top > bottom {
		return
	}
	first, last := top/r.down, bottom/r.down
	for row := first; row <= last; row++ {
		from, to := 0, r.down-1 // of the pixels of the cell
		if row == first {
			from = top - row*r.down
		}
		if row == last {
			to = bottom - row*r.down
		}
		r.ink(row*r.width+x/r.across, r.mask(x, row*r.down, from, to, top, bottom))
	}
}

// mask returns the bits of pixels from, …, to of a cell in column x whose first row is y.
func (r *raster) mask(x, y, from, to, top, bottom int) (dots uint8) {
	stipple := r.pens[len(r.pens)-1].stipple
	side := x % r.across
	if stipple == 0 && to-from == r.down-1 {
		return r.full[side]
	}
	for i := from; i <= to; i++ {
		if stipple == 0 || y+i == top || y+i == bottom || (x+y+i)%stipple == 0 {
			dots |= r.bits[i*r.across+side]
		}
	}
	return dots
}

// ink adds pixels to a cell.
func (r *raster) ink(i int, dots uint8) {
	cell, now := &r.cells[i], len(r.pens)-1
	if cell.dots != 0 && r.pens[cell.pen].layer < r.pens[now].layer {
		cell.dots = 0
	}
	if dots != 0 {
		cell.dots |= dots
		cell.pen = int32(now)
	}
}

// inked says whether a cell, counted within the area, has a pixel.
func (r *raster) inked(column, row int) bool { return r.cells[row*r.width+column].dots != 0 }

// onto sets the characters of the cells that have a pixel.
func (r *raster) onto(c *canvas) {
	for i, cell := range r.cells[:r.width*r.height] {
		if cell.dots == 0 {
			continue
		}
		pen := r.pens[cell.pen]
		character := pen.character
		switch {
		case character != 0:
		case r.down == 4:
			character = 0x2800 + rune(cell.dots)
		case r.down == 2:
			character = quadrants[cell.dots]
		}
		c.mark(r.x+i%r.width, r.y+i/r.width, character, pen.ink, paint{})
	}
}
