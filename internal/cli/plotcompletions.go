package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
)

// Rows and completions of each, where the command line says nothing.
const (
	fileCompleted = 8
	textCompleted = 4
	completions   = 6
)

// halves are the parts of an image that may be given: whether row r and column c of h x w belongs to it. Of an odd number
// of lines the one in the middle does not.
var halves = map[string]func(r, c, h, w int) bool{
	"upper": func(r, _, h, _ int) bool { return r < h/2 },
	"lower": func(r, _, h, _ int) bool { return h-1-r < h/2 },
	"left":  func(_, c, _, w int) bool { return c < w/2 },
	"right": func(_, c, _, w int) bool { return w-1-c < w/2 },
}

// half is which pixels of an image are given.
func half(name string, h, w int) []bool {
	given := make([]bool, h*w)
	for i := range given {
		given[i] = halves[name](i/w, i%w, h, w)
	}
	return given
}

// plotCompletions draws images of the split of which a half is given and the rest drawn.
func (a *app) plotCompletions(ctx context.Context, e *maskflow.Ensemble, o plotOptions) error {
	r := e.First()
	if !e.One() {
		return usage(fmt.Errorf("--kind completions is of one run (as %s)", r.Path))
	}
	shape, err := sampleShape(r, o)
	if err != nil {
		return err
	}
	h, w := shape[len(shape)-2], shape[len(shape)-1]
	given := half(o.half, h, w)
	if !slices.Contains(given, true) {
		return usage(fmt.Errorf("--half %s: images of %d x %d have no such half", o.half, h, w))
	}
	sets, _, err := a.plotData(ctx, e, &o)
	if err != nil {
		return err
	}
	set := sets[0]
	n := cmp.Or(o.n, completions)
	if o.rows == nil {
		most := fileCompleted
		if o.output == "" {
			most = textCompleted
		}
		for n, i := min(most, set.Rows), 0; i < n; i++ { // evenly: rows of a class may be next to each other
			o.rows = append(o.rows, i*set.Rows/n)
		}
	}
	for _, row := range o.rows {
		if row < 0 || row >= set.Rows {
			return usage(fmt.Errorf("--rows %d: the %s split has %s, counted from 0", row, o.split, text.Count(set.Rows, "row")))
		}
	}
	if most := picture.MaxImages/len(o.rows) - 2; n > most {
		return usage(fmt.Errorf("%s of %s do not fit in a picture: give at most %d with -n, or fewer --rows",
			text.Count(n, "completion"), text.Count(len(o.rows), "row"), max(most, 0)))
	}
	images, drawn, err := drawRest(ctx, r, set, o.rows, given, n, o.seed)
	switch {
	case errors.Is(err, exec.ErrNoGiven):
		return usage(fmt.Errorf("--kind completions of %s: %w", r.Path, err))
	case err != nil:
		return err
	}
	if o.output != "" {
		l := picture.Labels{Title: title(e, fmt.Sprintf("%s, %s half given", text.Count(len(o.rows), o.split+" row"), o.half))}
		return picture.Completions(o.output, images, given, drawn, len(o.rows), shape, l)
	}
	screen, width := a.page(o)
	colours := set.Dim / (h * w)
	sheet, tall, wide := completionSheet(plot.Grey(images, colours, h*w), given, plot.Grey(drawn, colours, h*w), h, w)
	return screen.Print(a.stdout, plot.Images(sheet, 1, tall, wide, width, 2*textHeight, screen.Style()))
}

// completionSheet lays grey images out as one, tall x wide: a row for each, with what is given of it and its completions.
func completionSheet(images []float64, given []bool, drawn []float64, h, w int) (sheet []float64, tall, wide int) {
	const notGiven, between = 0.3, 0.5
	n, size := len(images)/(h*w), h*w
	k := len(drawn) / len(images)
	tall, wide = n*(h+1)-1, (2+k)*(w+1)-1
	sheet = slices.Repeat([]float64{between}, tall*wide)
	for i := range n {
		image := images[i*size : (i+1)*size]
		part := slices.Clone(image)
		for p := range part {
			if !given[p] {
				part[p] = notGiven
			}
		}
		row := slices.Concat(image, part, drawn[i*k*size:(i+1)*k*size])
		for j, v := range row {
			sheet[(i*(h+1)+j%size/w)*wide+j/size*(w+1)+j%w] = v
		}
	}
	return sheet, tall, wide
}

// drawRest returns rows of a set in the units of pictures, and n completions of each, of whose pixels some are given.
func drawRest(ctx context.Context, r *maskflow.Model, set *data.Prepared, rows []int, given []bool, n int, seed uint64) (images, drawn []float32, err error) {
	dim := set.Dim
	var known, contexts []float32
	for _, row := range rows {
		image := set.Row(row)[:dim]
		part := slices.Clone(image)
		for d := range part {
			if !given[d%len(given)] { // of each colour
				part[d] = models.NotKnown
			}
		}
		images, known = append(images, image...), append(known, slices.Repeat(part, n)...)
		contexts = append(contexts, slices.Repeat(set.ContextRow(row), n)...)
	}
	with := maskflow.SampleOptions{Seed: seed, Complete: true}
	if with.Given, err = data.FromFlat(known, dim); err != nil {
		return nil, nil, err
	}
	if set.ContextDim > 0 {
		if with.Context, err = data.FromFlat(contexts, set.ContextDim); err != nil {
			return nil, nil, err
		}
	}
	if drawn, err = r.Core.Sample(ctx, n*len(rows), with); err != nil {
		return nil, nil, err
	}
	for _, values := range []*[]float32{&images, &drawn} {
		if *values, err = r.Preparation().UndoValues(*values); err != nil {
			return nil, nil, err
		}
		whiten(r, *values)
	}
	return images, drawn, nil
}
