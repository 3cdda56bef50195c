package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	cells "image/draw"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/plot"
)

// MaxImages is how many images one picture holds.
const MaxImages = 1024

// notGiven is the colour of pixels that are not given, which no grey is.
var notGiven = plot.Blend(plot.Series(0), white, 0.6)

// Samples draws n samples of a shape, row-major in one slice of n times as many values as a sample has.
//
// Shape [h, w] is grey images and [3, h, w] images in red, green and blue, with values in [0, 1] and row 0 above. They
// stand in rows, in their sequence; values outside are drawn as the nearer end, and those that are not numbers in
// vermilion. Shape [2] is pairs of numbers, which are drawn as points; those that are not finite are left out. A line
// under the title counts what is missing.
//
// It returns an error if the suffix is not .png or .svg, if the shape is none of these, if there is no sample or another
// number of values, if there are more than 1024 images, or from writing the file.
func Samples(path string, samples []float32, n int, shape []int, l Labels) error {
	return save(path, func() (figure, error) {
		size, err := sampleSize(shape)
		if err != nil {
			return figure{}, err
		}
		if n <= 0 || len(samples)%size != 0 || len(samples)/size != n {
			return figure{}, fmt.Errorf("%d values are not %d samples of shape %v, one at least", len(samples), n, shape)
		}
		if len(shape) == 1 {
			return scatter(samples, l)
		}
		if err := checkImages(n); err != nil {
			return figure{}, err
		}
		return album(samples, n, shape, l), nil
	})
}

func checkImages(n int) error {
	if n > MaxImages {
		return fmt.Errorf("%d images do not fit in a picture: give at most %d", n, MaxImages)
	}
	return nil
}

// Completions draws n images of which a part is given, and beside each what a model has drawn for the rest.
//
// Shape is [h, w] or [3, h, w], and images are values as those of [Samples]. given has h·w of them, in rows, true where a
// pixel is given, of all images the same. completions are whole images, the same number for each image, and those of
// the first one first. An image has a row of the picture: itself, what is given of it, with the rest in blue, and its
// completions.
//
// Errors are those of Samples; the pixels that are given must be h·w, some of them, but not all.
func Completions(path string, images []float32, given []bool, completions []float32, n int, shape []int, l Labels) error {
	return save(path, func() (figure, error) {
		size, err := sampleSize(shape)
		if err != nil {
			return figure{}, err
		}
		if len(shape) == 1 {
			return figure{}, errors.New("pairs of numbers are no images: need a shape [h w] or [3 h w]")
		}
		if n <= 0 || len(images)%size != 0 || len(images)/size != n {
			return figure{}, fmt.Errorf("%d values are not %d images of shape %v, one at least", len(images), n, shape)
		}
		h, w := shape[len(shape)-2], shape[len(shape)-1]
		if len(given) != h*w || !slices.Contains(given, true) || !slices.Contains(given, false) {
			return figure{}, fmt.Errorf("of %d pixels of an image some must be given and others not: got %d", h*w, len(given))
		}
		k := len(completions) / len(images)
		if k == 0 || len(completions) != k*len(images) {
			return figure{}, fmt.Errorf("%d values are no completions, as many of each of %d images", len(completions), n)
		}
		if err := checkImages(n * (2 + k)); err != nil {
			return figure{}, err
		}
		return completed(images, given, completions, n, k, h, w, l), nil
	})
}

// completed lays images, what is given of them, and k completions of each out in a row each.
func completed(images []float32, given []bool, completions []float32, n, k, h, w int, l Labels) figure {
	s := newSheet(n, 2+k, h, w, 2)
	size := len(images) / n
	missing := 0
	for i := range n {
		original := images[i*size : (i+1)*size]
		missing += stamp(s.img, s.corner(i, 0), s.zoom, original, nil, h, w)
		stamp(s.img, s.corner(i, 1), s.zoom, original, given, h, w)
		for j := range k {
			at := (i*k + j) * size
			missing += stamp(s.img, s.corner(i, 2+j), s.zoom, completions[at:at+size], nil, h, w)
		}
	}
	head := header{title: l.Title, key: []entry{{name: "not given", fill: notGiven}},
		notes: []string{fmt.Sprintf("in each row: an image, what is given of it, %s", text.Count(k, "completion"))}}
	head.note(missing, n*(1+k)*h*w, "pixels that are not numbers (vermilion)")
	return s.figure(head)
}

// sampleSize is the number of values of a sample.
func sampleSize(shape []int) (int, error) {
	const most = 4096 // pixels a side
	ok := len(shape) == 1 && shape[0] == 2 || len(shape) == 2 || len(shape) == 3 && shape[0] == 3
	size := 1
	for _, d := range shape {
		ok = ok && d > 0 && d <= most
		size *= min(max(d, 1), most) // a shape that is refused must not overflow
	}
	if !ok {
		return 0, fmt.Errorf("samples of shape %v: want [h w], [3 h w] with sides of 1 to %d, or [2]", shape, most)
	}
	return size, nil
}

// album lays images out in rows.
func album(samples []float32, n int, shape []int, l Labels) figure {
	h, w := shape[len(shape)-2], shape[len(shape)-1]
	cols := min(max(int(math.Ceil(math.Sqrt(float64(n)*float64(h)/float64(w)))), 1), n)
	s := newSheet((n+cols-1)/cols, cols, h, w, cols)
	size := len(samples) / n
	missing := 0
	for i := range n {
		missing += stamp(s.img, s.corner(i/cols, i%cols), s.zoom, samples[i*size:(i+1)*size], nil, h, w)
	}
	head := header{title: l.Title}
	head.note(missing, n*h*w, "pixels that are not numbers (vermilion)")
	return s.figure(head)
}

// sheet is rows of images as a picture whose pixels are whole numbers of theirs.
type sheet struct {
	img           *image.RGBA
	zoom          int // pixels of the picture along a pixel of an image
	across, down  int // from an image to the next
	apart, before int // what is more between the images of a row, and before which
}

// newSheet makes room for images of h x w, those of a row from one on apart from those before it.
func newSheet(rows, cols, h, w, apart int) sheet {
	const wide = 860 // pixels of a picture that fits a page
	zoom := max(wide/(cols*w), 1)
	space := min(max(zoom*w/14, 2), 12)
	s := sheet{zoom: zoom, across: zoom*w + space, down: zoom*h + space, before: apart}
	if apart < cols {
		s.apart = 2 * space
	}
	s.img = image.NewRGBA(image.Rect(0, 0, cols*s.across-space+s.apart, rows*s.down-space))
	return s
}

// corner is the upper left one of an image.
func (s sheet) corner(row, col int) image.Point {
	at := image.Pt(col*s.across, row*s.down)
	if col >= s.before {
		at.X += s.apart
	}
	return at
}

// figure is the picture below a header.
func (s sheet) figure(head header) figure {
	const edge = 16 * dot // a whole number of pixels, so that none is blurred
	width, tall := vg.Length(s.img.Rect.Dx())*dot, vg.Length(s.img.Rect.Dy())*dot
	top := vg.Length(math.Ceil(float64(head.height(width)/dot))) * dot
	return figure{width + 2*edge, tall + top + 2*edge, func(c draw.Canvas) {
		c = draw.Crop(c, edge, -edge, edge, -edge)
		head.draw(c)
		c.DrawImage(vg.Rectangle{Min: c.Min, Max: vg.Point{X: c.Max.X, Y: c.Min.Y + tall}}, s.img)
	}}
}

// stamp draws one image, the pixels alone that are shown where that is not nil, and returns how many of these are not
// numbers.
func stamp(img *image.RGBA, corner image.Point, zoom int, values []float32, shown []bool, h, w int) (missing int) {
	for r := range h {
		for c := range w {
			paint, ok := pixel(values, r*w+c, h*w)
			if shown != nil && !shown[r*w+c] {
				paint, ok = notGiven, true
			}
			if !ok {
				missing++
			}
			fillPixels(img, image.Rect(c*zoom, r*zoom, (c+1)*zoom, (r+1)*zoom).Add(corner), paint)
		}
	}
	return missing
}

func fillPixels(img *image.RGBA, where image.Rectangle, c color.RGBA) {
	cells.Draw(img, where, image.NewUniform(c), image.Point{}, cells.Src)
}

// pixel is the colour of pixel i of one plane or three, of size values each.
func pixel(values []float32, i, size int) (c color.RGBA, ok bool) {
	var light [3]uint8
	for channel := range light {
		v := float64(values[(i+channel*size)%len(values)]) // grey has one plane for all three
		if math.IsNaN(v) {
			return plot.Series(3), false
		}
		light[channel] = uint8(math.Round(min(max(v, 0), 1) * 0xff))
	}
	return color.RGBA{light[0], light[1], light[2], 0xff}, true
}

// scatter draws pairs as points.
func scatter(samples []float32, l Labels) (figure, error) {
	var x, y []float64
	for i := 0; i < len(samples); i += 2 {
		if a, b := float64(samples[i]), float64(samples[i+1]); num.Finite(a) && num.Finite(b) {
			x, y = append(x, a), append(y, b)
		}
	}
	h := header{title: l.Title}
	h.note(len(samples)/2-len(x), len(samples)/2, "points that are not finite")
	p := newPlot(l)
	if err := errors.Join(around(&p.X, x, 0.04), around(&p.Y, y, 0.04)); err != nil {
		return figure{}, err
	}
	inside, _ := split(samples, plot.Range{Lo: p.X.Min, Hi: p.X.Max}, plot.Range{Lo: p.Y.Min, Hi: p.Y.Max})
	p.Add(dots{inside, filled})
	return framed(3.6*vg.Inch, 3.4*vg.Inch, h, p.Draw), nil
}
