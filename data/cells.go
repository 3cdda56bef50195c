package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// What a cell is where it is no value: not known, or a state from 0 on.
const (
	aValue   = -1
	notKnown = -2
)

// cells reads the cells of a column as numbers: of levels which, of dates days or seconds, of
// circular ones from 0 to the period.
type cells struct {
	source
	*fitted
	reading Reading
	fitting bool // rows of a training, for which levels are declared
	points  bool // between the rows: no number is an atom
	noise   bool
	step    step
	texts   []float64 // of the texts of the table by their numbers: NaN where none was looked up, +Inf where it is refused
	names   map[string]float64
	numbers map[float64]float64 // as float32 rounds them where the table has no more
	small   []float64           // the levels of whole numbers from 0 on, −1 where there is none
	clock   clock
	scratch []float64 // of a context, for the numbers of a row
	scale   *linear   // which is all of its transform, nil where it is not
	logDet  float64   // of that
}

func (p *Preparation) cellsOf(at source, column int, noise noiseOf) *cells {
	f := &p.table.Columns[column]
	c := &cells{source: at, fitted: f, reading: p.reading, points: noise == points, noise: p.noisy()}
	if c.Step > 0 {
		c.step = newStep(f.Step)
	}
	if f.Kind == Date {
		c.clock = clockOf(f.Format)
	}
	if len(f.Maps) == 1 {
		if c.scale, _ = f.Maps[0].(*linear); c.scale != nil {
			_, c.logDet = c.scale.forward(0)
		}
	}
	if f.hasLevels() {
		c.names, c.numbers = make(map[string]float64, len(f.Levels)), map[float64]float64{}
		for k, level := range f.Levels {
			c.names[level] = float64(k)
			v, err := strconv.ParseFloat(level, 64)
			if err != nil {
				continue
			}
			if at.t.narrow != nil {
				v = float64(float32(v))
			}
			c.numbers[v] = float64(k)
			if v >= 0 && v < 256 && v == math.Trunc(v) {
				for len(c.small) <= int(v) {
					c.small = append(c.small, -1)
				}
				c.small[int(v)] = float64(k)
			}
		}
	}
	return c
}

// read is the number in a row, or its state, or what is wrong with it. A number that is on no
// step is as it is.
func (c *cells) read(row int) (v float64, state int, problem string) {
	v = c.t.At(row, c.col)
	if v != v {
		if id, is := c.t.TextID(row, c.col); is {
			return c.text(id)
		}
		switch {
		case c.unknown, c.reading.HolesUnknown && c.Role != ContextRole:
			return 0, notKnown, ""
		case c.Missing:
			return 0, 0, ""
		case c.Role == ContextRole:
			return 0, 0, "is missing, and no row of the training was"
		}
		return 0, 0, "is missing, and no row of the training was (--missing unknown sums it out)"
	}
	if v-v != 0 {
		return 0, 0, Refuse(v)
	}
	switch {
	case c.hasLevels():
		if i := int(v); uint(i) < uint(len(c.small)) && float64(i) == v && c.small[i] >= 0 {
			return c.small[i], aValue, ""
		}
		k, known := c.numbers[v]
		if !known {
			return c.unseen(Number(v))
		}
		return k, aValue, ""
	case c.Kind == Date:
		if v, problem = c.clock.read(Number(v)); problem != "" {
			return 0, 0, problem
		}
	}
	return c.number(v)
}

func (c *cells) number(v float64) (_ float64, state int, problem string) {
	if !c.points && !c.noise {
		for k, a := range c.Atoms {
			if v == a || c.t.narrow != nil && float32(v) == float32(a) {
				return v, c.states() - len(c.Atoms) + k, ""
			}
		}
	}
	if c.Step > 0 {
		v, _ = c.step.snap(v, c.t.narrow != nil)
	}
	switch {
	case c.Kind == Circular:
		v = c.turned(v)
	case c.Min != nil && v < *c.Min:
		problem = fmt.Sprintf("is %v, below %v, its declared bound (data.columns: {%s: {min: …}})", v, *c.Min, c.Name)
	case c.Max != nil && v > *c.Max:
		problem = fmt.Sprintf("is %v, above %v, its declared bound (data.columns: {%s: {max: …}})", v, *c.Max, c.Name)
	case c.Step == 0 && (c.Min != nil && v == *c.Min || c.Max != nil && v == *c.Max):
		if y, _ := c.Maps.forward(v); !num.Finite(y) {
			problem = fmt.Sprintf("is %v, a declared bound, where %s has no value (data.columns: {%s: {atoms: [%[1]v]}}, or give it a step)", v, c.Transform, c.Name)
		}
	}
	return v, aValue, problem
}

// text is the number that a text means.
func (c *cells) text(id int) (v float64, state int, problem string) {
	if !c.hasLevels() && c.Kind != Date {
		problem := textProblem(c.t.TextOf(id))
		if c.fitting && !strings.HasSuffix(problem, ")") {
			problem += " (if it is a sign of a missing one: data.missing; if its column is one of texts: data.columns)"
		}
		return 0, 0, problem
	}
	if c.texts == nil {
		c.texts = slices.Repeat([]float64{math.NaN()}, c.t.Texts())
	}
	if v = c.texts[id]; v != v {
		name := c.t.TextOf(id)
		v = math.Inf(1)
		if c.hasLevels() {
			if k, known := c.names[name]; known {
				v = k
			}
		} else if at, problem := c.clock.read(name); problem == "" {
			v = at
		}
		c.texts[id] = v
	}
	switch {
	case math.IsInf(v, 1) && c.hasLevels():
		return c.unseen(c.t.TextOf(id))
	case math.IsInf(v, 1):
		_, problem = c.clock.read(c.t.TextOf(id))
		return 0, 0, problem
	case c.hasLevels():
		return v, aValue, ""
	}
	return c.number(v)
}

// offStep counts the numbers of a part that are not multiples of the step.
func (c *cells) offStep(part Part) (n int) {
	for i := range part.Len() {
		i = part.row(i)
		if v, state, problem := c.read(i); problem == "" && state == aValue {
			if _, on := c.step.snap(v, c.t.narrow != nil); !on {
				n++
			}
		}
	}
	return n
}

func (c *cells) unseen(level string) (v float64, state int, problem string) {
	switch {
	case c.fitting:
		return 0, 0, fmt.Sprintf("is %q, which is none of its levels (data.columns: {%s: {levels: …}})", text.Shorten(level, 41), c.Name)
	case c.Role == ContextRole:
		return 0, 0, fmt.Sprintf("is %q, a level that training did not have", text.Shorten(level, 41))
	case c.reading.LevelsUnknown:
		return 0, notKnown, ""
	}
	return 0, 0, fmt.Sprintf("is %q, a level that training did not have (--unknown takes it for not known)%s", text.Shorten(level, 41), text.DidYouMean(level, c.Levels))
}

// encode is the number of a variable in model space, with the width of its cell, and ln |det|.
func (c *cells) encode(v float64, r *rand.Rand, own bool) (y, width, logDet float64) {
	switch step := c.fitted.step(c.noise); {
	case c.hasLevels() && !c.noise:
		return v, 0, 0
	case c.grid != nil:
		y, width = c.grid.cell(v)
		return c.onCircle(y), width, -math.Log(step)
	case c.Kind == Circular && !c.noise:
		y, logDet = c.Maps.forward(v)
		return c.onCircle(y), 0, logDet
	case v != v: // a point outside of the domain
		return v, 0, 0
	default:
		if step > 0 && r != nil {
			u := r.Float64()
			if own {
				u = min(max(u, noiseMargin), 1-noiseMargin)
			}
			v += step * (u - 0.5)
		}
		if c.scale != nil { // its logarithm would take as long as all else
			return c.scale.of(v), 0, c.logDet
		}
		y, logDet = c.Maps.forward(v)
		return y, 0, logDet
	}
}

// onCircle is 0 where an angle becomes 2π in float32.
func (c *cells) onCircle(y float64) float64 {
	if c.Kind == Circular && float32(y) >= 2*math.Pi {
		return 0
	}
	return y
}

// farthest is what a prepared number may be at most: beyond it are the codes of states.
const farthest = 0x1p99

// input appends those numbers, or those of a hole, to the context of a row.
func (c *cells) input(to []float32, v float64, state int) (_ []float32, problem string) {
	from := c.Fill
	if state == aValue {
		c.scratch = c.values(c.scratch[:0], v)
		from = c.scratch
	}
	for _, y := range from {
		if !(math.Abs(y) < farthest) {
			return to, fmt.Sprintf("is %v, outside of what its transform takes", v)
		}
		to = append(to, float32(y))
	}
	if c.Missing && state == aValue {
		to = append(to, 0)
	} else if c.Missing {
		to = append(to, 1)
	}
	return to, ""
}
