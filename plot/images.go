package plot

import "math"

// Images draws grey images of shape [n, h, w], row-major, with values in [0, 1] and row 0 above, in at most height lines
// of at most width columns. The images stand in rows, as large as lets all of them in: up to four pixels for one of
// theirs, or a mean of several. Where they would be smaller than 8 x 8 pixels, the last ones are left out.
//
// Values outside [0, 1] are drawn as the nearer end, and not-a-number as "?". The words "no images" are drawn where
// there is none, or where the number of values is not n·h·w.
func Images(images []float64, n, h, w, width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	c := newCanvas(width, height)
	if !fits(len(images), n, h, w) {
		c.text(0, 0, "no images")
		return c.lines(style)[:1]
	}
	t := tile(n, h, w, width, 2*height)
	for i := range min(n, t.rows*t.cols) {
		x := i % t.cols * (t.width + 1)
		y := i / t.cols * (t.height + t.gap)
		c.image(images[i*h*w:(i+1)*h*w], h, w, x, y, t)
	}
	last := ((min(n, t.rows*t.cols)-1)/t.cols+1)*(t.height+t.gap) - t.gap // half rows in use
	return c.lines(style)[:min((last+1)/2, height)]
}

// fits says whether n images of h x w are as many values, without the product overflowing.
func fits(values, n, h, w int) bool {
	if n <= 0 || h <= 0 || w <= 0 || h > values || w > values/h {
		return false
	}
	return values%(h*w) == 0 && values/(h*w) == n
}

// tiling is how images are laid out, in half rows.
type tiling struct {
	width, height int // of an image as drawn
	gap           int // between two rows of images: one half row, or two where images would share a cell otherwise
	rows, cols    int
}

// smallest is the side below which an image is no longer made smaller to let others in.
const smallest = 8

// tile finds the largest images of which all n fit, in a canvas of width x height half rows.
func tile(n, h, w, width, height int) tiling {
	var t tiling
	for zoom := 4; zoom >= 1; zoom-- {
		if t = layout(zoom*h, zoom*w, width, height); t.rows*t.cols >= n {
			return t
		}
	}
	for shrink := 2; ; shrink++ {
		smaller := layout(ceil(h, shrink), ceil(w, shrink), width, height)
		if t.rows*t.cols > 0 && min(smaller.width, smaller.height) < smallest {
			return t
		}
		t = smaller
		if t.rows*t.cols >= n || t.width == 1 && t.height == 1 {
			return t
		}
	}
}

func layout(h, w, width, height int) tiling {
	gap := 1 + (h+1)%2
	return tiling{width: w, height: h, gap: gap, rows: (height + gap) / (h + gap), cols: (width + 1) / (w + 1)}
}

func ceil(a, b int) int { return (a + b - 1) / b }

// image draws one image with its upper left corner in column x and half row y.
func (c *canvas) image(values []float64, h, w, x, y int, t tiling) {
	for row := range t.height {
		fromRow, toRow := part(row, t.height, h)
		for col := range t.width {
			fromCol, toCol := part(col, t.width, w)
			sum := 0.0
			for r := fromRow; r < toRow; r++ {
				for _, v := range values[r*w+fromCol : r*w+toCol] {
					sum += min(max(v, 0), 1)
				}
			}
			mean := sum / float64((toRow-fromRow)*(toCol-fromCol))
			if math.IsNaN(mean) {
				c.unknown(x+col, y+row)
				continue
			}
			c.dot(x+col, y+row, pixel{mean, solid(grey(mean))})
		}
	}
}

// Grey returns the images [n, size] of coloured ones [n, colours, size]: of every pixel the mean of its colours. What is
// left over behind the last whole image is dropped. Colours and size are one at least.
func Grey(values []float32, colours, size int) []float64 {
	grey := make([]float64, len(values)/(colours*size)*size)
	for i := range grey {
		image, pixel := i/size, i%size
		for c := range colours {
			grey[i] += float64(values[(image*colours+c)*size+pixel]) / float64(colours)
		}
	}
	return grey
}
