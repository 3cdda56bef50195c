package monitor

import (
	"errors"
	"math"
	"slices"

	"github.com/maskflow/maskflow/runlog"
)

// picturesKept is how many records of files are remembered: when the last file
// cannot be read, one before may be. Trainers keep about as many on the disk.
const picturesKept = 20

// pictures knows which files of samples and densities a run has named.
type pictures struct {
	dir       string
	samples   []runlog.Samples
	densities []runlog.Density

	news           bool // since latest was called
	shownSamples   shown
	shownDensities shown
}

// shown is the record whose file was delivered last.
type shown struct {
	step int64
	time runlog.Float
	any  bool
}

// take notes what a batch names.
func (p *pictures) take(b *runlog.Batch) {
	if b.Reset {
		*p = pictures{dir: p.dir}
	}
	for _, record := range b.Records {
		switch r := record.(type) {
		case runlog.Start:
			p.rewind(r.Step)
		case runlog.Samples:
			p.samples, p.news = append(lastOf(p.samples), r), true
		case runlog.Density:
			p.densities, p.news = append(lastOf(p.densities), r), true
		}
	}
}

// lastOf leaves room for one more.
func lastOf[R any](records []R) []R {
	if len(records) < picturesKept {
		return records
	}
	n := copy(records, records[len(records)-picturesKept+1:])
	return records[:n]
}

// rewind forgets what was recorded beyond a step.
func (p *pictures) rewind(step int64) {
	for n := len(p.samples); n > 0 && p.samples[n-1].Step > step; n-- {
		p.samples = p.samples[:n-1]
	}
	for n := len(p.densities); n > 0 && p.densities[n-1].Step > step; n-- {
		p.densities = p.densities[:n-1]
	}
	p.news = true
}

// latest reads the last files that can be read and were not delivered before.
// Why one cannot is nobody's business: trainers remove old ones.
func (p *pictures) latest() (samples *Samples, density *Grid) {
	if !p.news {
		return nil, nil
	}
	p.news = false
	for i := len(p.samples) - 1; i >= 0 && samples == nil; i-- {
		r := p.samples[i]
		this := shown{r.Step, r.Time, true}
		if this == p.shownSamples {
			break
		}
		if s, err := readSamples(p.dir, r); err == nil {
			samples, p.shownSamples = s, this
		}
	}
	for i := len(p.densities) - 1; i >= 0 && density == nil; i-- {
		r := p.densities[i]
		this := shown{r.Step, r.Time, true}
		if this == p.shownDensities {
			break
		}
		if g, err := readGrid(p.dir, r); err == nil {
			density, p.shownDensities = g, this
		}
	}
	return samples, density
}

func readSamples(dir string, r runlog.Samples) (*Samples, error) {
	a, err := readArray(dir, r.File)
	if err != nil {
		return nil, err
	}
	return &Samples{Step: r.Step, Shape: a.shape, Values: a.values}, nil
}

// proper reports whether an axis has a finite length.
func proper(edges [2]runlog.Float) bool {
	length := float64(edges[1]) - float64(edges[0])
	return length > 0 && !math.IsInf(length, 0)
}

func readGrid(dir string, r runlog.Density) (*Grid, error) {
	a, err := readArray(dir, r.File)
	if err != nil {
		return nil, err
	}
	if len(a.shape) != 2 || !slices.Equal(a.shape, r.Shape) || !proper(r.X) || !proper(r.Y) {
		return nil, errors.New("it is no grid over two variables")
	}
	g := &Grid{
		Step: r.Step, Rows: a.shape[0], Cols: a.shape[1], Values: make([]float64, len(a.values)),
		X: [2]float64{float64(r.X[0]), float64(r.X[1])}, Y: [2]float64{float64(r.Y[0]), float64(r.Y[1])},
	}
	for i, v := range a.values {
		g.Values[i] = float64(v)
	}
	return g, nil
}
