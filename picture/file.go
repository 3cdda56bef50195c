package picture

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/maskflow/maskflow/internal/files"
)

// dpi is the resolution of PNG files, in dots an inch.
const dpi = 200

// dot is the side of a pixel of a PNG file.
const dot = vg.Inch / dpi

// figure is a picture that is not drawn yet.
type figure struct {
	width, height vg.Length
	draw          func(draw.Canvas)
}

// framed is a figure of a header above a body of some size, with a margin around both.
func framed(width, body vg.Length, h header, drawBody func(draw.Canvas)) figure {
	return figure{width, body + h.height(width-2*margin) + 2*margin, func(c draw.Canvas) {
		drawBody(h.draw(draw.Crop(c, margin, -margin, margin, -margin)))
	}}
}

// save makes a figure and writes it to path. The path is looked at first, since a figure takes time.
func save(path string, build func() (figure, error)) error {
	if err := saveAs(path, build); err != nil {
		return fmt.Errorf("drawing %s: %w", path, err)
	}
	return nil
}

func saveAs(path string, build func() (figure, error)) error {
	encode := map[string]func(figure, io.Writer) error{".png": figure.png, ".svg": figure.svg}[strings.ToLower(filepath.Ext(path))]
	if encode == nil {
		return fmt.Errorf("pictures are files of suffix .png or .svg, not %q: choose one of them", filepath.Ext(path))
	}
	f, err := build()
	if err != nil {
		return err
	}
	return files.WriteAtomic(path, func(w io.Writer) error { return files.Cause(encode(f, w)) })
}

func (f figure) png(w io.Writer) error {
	c := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(dpi))
	f.draw(draw.New(c))
	return png.Encode(w, c.Image())
}

func (f figure) svg(w io.Writer) error {
	c := vgsvg.New(f.width, f.height)
	c.SetColor(white)
	c.Fill(vg.Rectangle{Max: vg.Point{X: f.width, Y: f.height}}.Path())
	f.draw(draw.New(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return err
	}
	_, err := w.Write(svgFixes(out.Bytes()))
	return err
}

// svgFixes names fonts that may stand in for ours, and says of images which format they really have, and that they fill
// their place whatever its proportions. None of these places is in a label: there a quotation mark would be an entity.
func svgFixes(svg []byte) []byte {
	svg = bytes.ReplaceAll(svg, []byte(`style="font-family:Liberation Sans;`), []byte(`style="font-family:'Liberation Sans',Arial,Helvetica,sans-serif;`))
	return bytes.ReplaceAll(svg, []byte(`xlink:href="data:image/jpg;`), []byte(`preserveAspectRatio="none" xlink:href="data:image/png;`))
}
