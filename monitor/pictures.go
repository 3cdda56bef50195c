package monitor

import (
	"encoding/csv"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// pictures are the files of samples, and those of densities, that a run has named.
type pictures struct {
	dir                string
	samples, densities shelf
	news               bool // since latest was called
}

// A shelf is the files of one kind: when the last one cannot be read, one before may be.
type shelf struct {
	files []pictureFile
	shown pictureFile // the one that was delivered last
}

// A pictureFile is a file, and how what it holds is put into an update.
type pictureFile struct {
	step int64
	time runlog.Float
	read func(u *RunUpdate) error
}

// take notes what a batch names.
func (p *pictures) take(b *runlog.Batch) {
	if b.Reset {
		*p = pictures{dir: p.dir}
	}
	for _, record := range b.Records {
		switch r := record.(type) {
		case runlog.Start:
			p.samples.rewind(r.Step)
			p.densities.rewind(r.Step)
		case runlog.Samples:
			p.samples.files = append(p.samples.files, pictureFile{r.Step, r.Time, func(u *RunUpdate) error { return readSamples(p.dir, r, u) }})
		case runlog.Density:
			p.densities.files = append(p.densities.files, pictureFile{r.Step, r.Time, func(u *RunUpdate) error { return readGrid(p.dir, r, u) }})
		default:
			continue
		}
		p.news = true
	}
}

// rewind forgets what was recorded beyond a step.
func (s *shelf) rewind(step int64) {
	s.files = slices.DeleteFunc(s.files, func(f pictureFile) bool { return f.step > step })
}

// latest reads the last files that can be read and were not delivered before.
// Why one cannot is not reported: trainers remove old ones.
func (p *pictures) latest(u *RunUpdate) {
	if !p.news {
		return
	}
	p.news = false
	for _, s := range []*shelf{&p.samples, &p.densities} {
		for _, f := range slices.Backward(s.files) {
			if f.step == s.shown.step && f.time == s.shown.time && s.shown.read != nil {
				break
			}
			if f.read(u) == nil {
				s.shown = f
				break
			}
		}
	}
}

// maxArray bounds the values of a file that are read, of a large one those of the
// first rows.
const maxArray = 1 << 20

// readArray reads an array of a run, and its shape.
func readArray(run, file string) (values []float32, shape []int, err error) {
	t, err := readOwn(run, file, func(f *files.File, size int64) (*data.Table, error) {
		return format.ReadNPY(f, size, file, format.ReadOptions{Infinite: true, Head: true, MaxValues: maxArray})
	})
	if err != nil {
		return nil, nil, err
	}
	rows, columns := t.Dims()
	if shape = append([]int{rows}, t.Shape...); t.Shape == nil {
		shape = append(shape, columns)
	}
	if values = t.Float32(); values == nil {
		for _, v := range t.Float64() {
			values = append(values, float32(v))
		}
	}
	return values, shape, nil
}

// mostSamples bounds the bytes of a table of samples that are read.
const mostSamples = 1 << 22

// readTable reads a table of a run, whose first line has the names.
func readTable(run, file string) (columns, cells []string, err error) {
	lines, err := readOwn(run, file, func(f *files.File, _ int64) ([][]string, error) {
		return csv.NewReader(io.LimitReader(f, mostSamples)).ReadAll()
	})
	if err == nil && len(lines) == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, nil, err
	}
	return lines[0], slices.Concat(lines[1:]...), nil
}

func readSamples(dir string, r runlog.Samples, u *RunUpdate) error {
	if strings.EqualFold(filepath.Ext(r.File), ".csv") {
		columns, cells, err := readTable(dir, r.File)
		if err == nil {
			u.Samples = &Samples{Step: r.Step, Shape: []int{len(cells) / len(columns), len(columns)}, Columns: columns, Cells: cells}
		}
		return err
	}
	values, shape, err := readArray(dir, r.File)
	if err == nil {
		u.Samples = &Samples{Step: r.Step, Shape: shape, Values: values}
	}
	return err
}

func readGrid(dir string, r runlog.Density, u *RunUpdate) error {
	values, shape, err := readArray(dir, r.File)
	if err != nil {
		return err
	}
	x, y := plot.Range{Lo: float64(r.X[0]), Hi: float64(r.X[1])}, plot.Range{Lo: float64(r.Y[0]), Hi: float64(r.Y[1])}
	length := func(edges plot.Range) float64 { return edges.Hi - edges.Lo }
	if len(shape) != 2 || !slices.Equal(shape, r.Shape) || !(length(x) > 0 && length(y) > 0 && num.Finite(length(x)+length(y))) {
		return errors.New("it is no grid over two variables")
	}
	g := plot.Grid{Rows: shape[0], Cols: shape[1], Values: make([]float64, len(values)), X: x, Y: y}
	for i, v := range values {
		g.Values[i] = float64(v)
	}
	u.Density = &Grid{r.Step, g}
	return nil
}
