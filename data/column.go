package data

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/maskflow/maskflow/internal/num"
)

// fitted is a column with what training rows made of it.
type fitted struct {
	Column
	// Maps take its numbers to model space.
	Maps chain `json:"maps,omitempty"`
	// Fill are the inputs of a context that a hole counts as, besides its indicator.
	Fill []float64 `json:"fill,omitempty"`

	unknown bool  // a hole is a value that is not known
	rounded *Grid // of numbers with a step
	grid    *Grid // the same where rows have cells
}

// hasLevels reports whether values are levels.
func (c *Column) hasLevels() bool { return c.Kind == Binary || c.Kind == Categorical }

// step is what the numbers of a column are rounded to, 0 for nothing; levels of a flow are
// whole numbers.
func (c *Column) step(noise bool) float64 {
	if c.hasLevels() {
		if noise {
			return 1
		}
		return 0
	}
	return c.Step
}

// circle is where the numbers of a circular column begin and after what they come again: rounded
// ones begin with a step, and come again after a whole number of steps, the nearest to the period.
func (c *Column) circle() (start, period float64) {
	if c.Min != nil {
		start = *c.Min
	}
	if c.Step == 0 {
		return start, c.Period
	}
	step := newStep(c.Step)
	return step.value(step.from(start)), step.value(math.Max(1, math.Round(c.Period/c.Step)))
}

// bounds are those of the numbers of a column.
func (c *Column) bounds() (low, high *float64) {
	if c.hasLevels() {
		return new(0.0), new(float64(len(c.Levels) - 1))
	}
	return c.Min, c.Max
}

// hole reports whether the first state of a variable is a hole.
func (f *fitted) hole() bool { return f.Missing && !f.unknown }

// states is the number of states of a variable.
func (f *fitted) states() int {
	if f.hole() {
		return len(f.Atoms) + 1
	}
	return len(f.Atoms)
}

// bound begins the maps of a column with that of its bounds, where they have one: a density of
// real numbers ends there.
func (f *fitted) bound(noise bool) {
	variable := f.Role != ContextRole
	noise = noise && variable
	f.Maps = nil
	low, high := f.bounds()
	step := f.step(noise)
	inner := variable && (step == 0 || noise) && (low != nil || high != nil)
	switch f.Transform {
	case LogScale, LogitScale, ProbitScale:
		inner = true
	}
	if !inner || f.Kind == Circular || f.hasLevels() && !noise {
		return
	}
	if noise { // the ends of all cells are within the domain
		step /= 2
	}
	b := &bounded{Probit: f.Transform == ProbitScale}
	if low != nil {
		b.Min = new(*low - step)
	}
	if high != nil && (low == nil || f.Transform != LogScale) {
		b.Max = new(*high + step)
	}
	f.Maps = chain{b}
}

// scale ends the maps of a column by the numbers of training rows, which count by weights; nil
// counts all once.
func (f *fitted) scale(values, weights []float64, noise bool) {
	switch noise = noise && f.Role != ContextRole; {
	case f.hasLevels() && !noise, f.Transform == AsIs, f.Transform == ProbitScale:
		return
	case f.Kind == Circular && !noise:
		start, period := f.circle()
		f.Maps = chain{&linear{start, period / (2 * math.Pi)}}
		return
	}
	step := f.step(noise)
	if len(f.Maps) > 0 {
		step, values = 0, slices.Clone(values)
		for i, v := range values {
			values[i], _ = f.Maps.forward(v)
		}
	}
	l := fitLinear(values, weights, step)
	var m *marginal
	if !noise && (f.Transform == SplineScale || f.Transform == AutoScale) {
		m = fitCells(values, weights, step)
	}
	if m == nil && (f.Transform == SplineScale || f.Transform == AutoScale && l.fromNormal(values, weights) > leastGain) {
		m = fitMarginal(values, weights)
	}
	if m == nil {
		f.Maps = append(f.Maps, l)
		if f.Transform == AutoScale {
			f.Transform = Standardise
		}
		return
	}
	f.Maps, f.Transform = append(f.Maps, m), SplineScale
}

// ready computes what is not kept.
func (f *fitted) ready(noise bool) {
	f.rounded, f.grid = nil, nil
	if step := f.step(noise); step > 0 && f.Role != ContextRole {
		if low, high := f.bounds(); f.Kind != Circular {
			f.rounded = newGrid(step, low, high, f.Maps)
		} else {
			f.rounded = newGrid(step, nil, nil, f.Maps)
			start, period := f.circle()
			f.rounded.start, f.rounded.around = math.Round(start/step), math.Round(period/step)
		}
	}
	if !noise {
		f.grid = f.rounded
	}
}

// inputs are the names of the numbers that a column of a context becomes: one number, or one a
// level, or the sine and the cosine, and last whether it is missing.
func (f *fitted) inputs() (names []string) {
	switch f.Kind {
	case Categorical:
		for _, level := range f.Levels {
			names = append(names, f.Name+"="+level)
		}
	case Circular:
		names = []string{"sin " + f.Name, "cos " + f.Name}
	case Binary:
		names = []string{f.Name + "=" + f.Levels[len(f.Levels)-1]}
	default:
		names = []string{f.Name}
	}
	if f.Missing {
		names = append(names, f.Name+" is missing")
	}
	return names
}

// values appends the numbers that a value of a context becomes.
func (f *fitted) values(to []float64, v float64) []float64 {
	switch f.Kind {
	case Categorical:
		at := len(to)
		to = append(to, make([]float64, len(f.Levels))...)
		to[at+int(v)] = 1
		return to
	case Circular:
		start, period := f.circle()
		sin, cos := math.Sincos(2 * math.Pi * (v - start) / period)
		return append(to, sin, cos)
	}
	if f.Kind != Binary {
		v, _ = f.Maps.forward(v)
	}
	return append(to, v)
}

// fill makes a hole of a context count as the mean of values, which count by weights, and as no level of several.
func (f *fitted) fill(values, weights []float64) {
	f.Fill = make([]float64, len(f.inputs())-1)
	if f.Kind == Categorical {
		return
	}
	var inputs []float64
	weight, sum := weightOf(weights, len(values))
	for i, v := range values {
		inputs = f.values(inputs[:0], v)
		for k, y := range inputs {
			f.Fill[k] += y * weight(i) / sum
		}
	}
}

// beyondFlows says what of a column a flow cannot model, "" for nothing.
func (c *Column) beyondFlows() string {
	switch {
	case c.Kind == Categorical:
		return "is categorical"
	case c.Missing:
		return "has holes"
	}
	return ""
}

// check returns what a fitted variable or context lacks.
func (f *fitted) check(noise bool) error {
	context := f.Role == ContextRole
	switch {
	case f.Kind == "":
		return errors.New("its kind is missing")
	case f.hasLevels() && len(f.Levels) == 0 || f.Kind == Binary && len(f.Levels) > 2:
		return fmt.Errorf("%d levels are too few or too many for a column that is %s", len(f.Levels), f.Kind)
	case f.Kind == Circular && !(f.Period > 0):
		return errors.New("its period is missing")
	case f.Kind == Date && f.Format == "":
		return errors.New("its format is missing")
	case !(f.Step >= 0) || math.IsInf(f.Step, 0):
		return fmt.Errorf("its step is %v", f.Step)
	case f.states() > num.MaxStates:
		return fmt.Errorf("%d atoms are more than %d", len(f.Atoms), num.MaxStates-1)
	case context && f.Missing && len(f.Fill) != len(f.inputs())-1 || !(context && f.Missing) && f.Fill != nil:
		return fmt.Errorf("%d inputs for a hole", len(f.Fill))
	case noise && !context && f.beyondFlows() != "":
		return errors.New("it " + f.beyondFlows() + ", beside noise")
	}
	return f.Maps.check()
}

// number is the number of the source that a prepared one is of: of levels which, NaN of a hole.
func (f *fitted) number(y float32, noise bool) float64 {
	if state := num.StateOf(y); state >= 0 || y == num.NotKnown || y != y {
		if f.hole() {
			state--
		}
		if state < 0 || state >= len(f.Atoms) {
			return math.NaN()
		}
		return f.Atoms[state]
	}
	v := float64(y)
	switch {
	case f.hasLevels() && !noise:
		return min(max(math.Round(v), 0), float64(len(f.Levels)-1))
	case f.rounded != nil:
		return f.rounded.number(v)
	case f.Kind == Circular:
		return f.turned(f.shortest(f.Maps.inverse(v), y))
	default:
		return f.shortest(f.Maps.inverse(v), y)
	}
}

// logDet is ln |det| of the preparation of a prepared number, as [cells.encode] has it; 0 of a state.
func (f *fitted) logDet(y float32, noise bool) float64 {
	switch {
	case num.StateOf(y) >= 0 || y == num.NotKnown || f.hasLevels() && !noise:
		return 0
	case f.grid != nil:
		return -math.Log(f.step(noise))
	}
	_, logDet := f.Maps.forward(f.Maps.inverse(float64(y)))
	return logDet
}

// turned is a number of a circle, from its start to a period later.
func (f *fitted) turned(v float64) float64 {
	start, period := f.circle()
	if off := v - start; off < 0 || off >= period {
		if v = start + math.Mod(off, period); v < start {
			v += period
		}
	}
	if !(v < start+period) {
		return start
	}
	return v
}

// shortest is the number of the fewest decimals near x that is prepared to y, too: a float32 has
// fewer digits than x.
func (f *fitted) shortest(x float64, y float32) float64 {
	apart := math.Abs(f.Maps.inverse(float64(math.Nextafter32(y, 0))) - x)
	if !(apart > 0) || math.IsInf(apart, 0) {
		return x
	}
	for decimals := int(math.Ceil(-math.Log10(apart))) + 1; decimals > -15; decimals-- {
		unit := math.Pow10(max(decimals, -decimals))
		shorter := math.Round(x*unit) / unit
		if decimals < 0 {
			shorter = math.Round(x/unit) * unit
		}
		if math.Abs(x)*unit > 0x1p53 && decimals > 0 {
			continue
		}
		if back, _ := f.Maps.forward(shorter); float32(back) != y || slices.Contains(f.Atoms, shorter) {
			break
		}
		x = shorter
	}
	return x
}

// cell is what a cell of the source has for a number: a number, or a text.
func (f *fitted) cell(v float64, c clock) (_ float64, text string, is bool) {
	switch {
	case v != v:
		return v, "", false
	case f.hasLevels():
		text = f.Levels[int(v)]
	case f.Kind == Date:
		text = c.write(v)
	default:
		return v + 0, "", false // −0 is 0
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && Number(n) == text {
		return n, "", false
	}
	return v, text, true
}

// cellKind is what the cells of a column are.
func (f *fitted) cellKind(c clock) Cells {
	whole := f.Kind == Integer || f.Step > 0 && f.Step == math.Trunc(f.Step)
	for k := range max(len(f.Levels), 1) {
		v, _, is := f.cell(float64(k), c)
		if is {
			return TextCells
		}
		if f.hasLevels() {
			whole = v == math.Trunc(v) && (k == 0 || whole)
		}
	}
	if whole {
		return WholeCells
	}
	return NumberCells
}
