package data

import (
	"math"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/num"
)

// buffers are what columns are looked at in, one after the other: of many rows a column is large.
type buffers struct {
	values [][]float64
	sorted []float64
}

// observed are the values of a column in all rows.
type observed struct {
	in     *buffers
	values []float64 // NaN where there is no number
	hash   uint64    // of all cells
	holes  int

	texts  int
	levels []string       // the different texts, as they come
	known  map[string]int // their places, where there are several tables

	numbers   int
	low, high float64
	mean, sd  float64
	whole     bool
	counts    bool      // each is one more than the one before
	narrow    bool      // they have the precision of float32
	few       []float64 // the different ones, or the first of them where they are more than fewNumbers

	different []float64 // all of them, sorted; set by all
	layouts   *[]string // those in which all texts are dates; set by dates
}

// fewNumbers are so few that they may be codes.
const fewNumbers = 12

// observe reads columns, several at once since the cells of a row are near each other in memory. What they had before is gone.
func (g *guesser) observe(columns []int) []*observed {
	all := make([]*observed, len(columns))
	for k := range all {
		if k == len(g.values) {
			g.values = append(g.values, make([]float64, 0, g.rows()))
		}
		all[k] = &observed{in: &g.buffers, values: g.values[k], low: math.Inf(1), high: math.Inf(-1), whole: true, counts: true, known: map[string]int{}}
	}
	const block = 256 // rows
	for _, t := range g.tables {
		levels := make([][]int, len(columns)) // of the numbers of texts, from 1
		for from := 0; from < t.rows; from += block {
			for k, c := range columns {
				x, i := t.source(c)
				if levels[k] == nil {
					levels[k] = make([]int, x.Texts())
				}
				for row := from; row < min(from+block, t.rows); row++ {
					all[k].add(x, x.At(row, i), levels[k])
				}
			}
		}
	}
	for k, s := range all {
		x, _ := g.tables[0].source(columns[k])
		s.narrow = x.narrow != nil
		s.mean /= float64(max(s.numbers, 1))
		for _, v := range s.values {
			if v == v {
				s.sd += (v - s.mean) * (v - s.mean)
			}
		}
		s.sd = math.Sqrt(s.sd / float64(max(s.numbers, 1)))
	}
	return all
}

// add adds a cell of a table, whose texts have the levels of their numbers, from 1.
func (s *observed) add(t *Table, v float64, levels []int) {
	if v-v == 0 {
		s.number(v)
		s.hash = mix(s.hash ^ math.Float64bits(v+0))
		s.values = append(s.values, v)
		return
	}
	s.values = append(s.values, math.NaN())
	id, isText := 0, false
	if len(levels) > 0 {
		id, isText = t.textID(v)
	}
	if !isText { // an infinite number is refused where rows are prepared
		s.holes++
		s.hash = mix(s.hash)
		return
	}
	if levels[id] == 0 {
		level := t.TextOf(id)
		if s.known[level] == 0 {
			s.levels = append(s.levels, level)
			s.known[level] = len(s.levels)
		}
		levels[id] = s.known[level]
	}
	s.texts++
	s.hash = mix(s.hash ^ uint64(levels[id]))
}

func (s *observed) number(v float64) {
	if s.numbers > 0 && s.counts {
		s.counts = v == s.values[len(s.values)-1]+1
	}
	s.numbers++
	s.mean += v
	s.low, s.high = min(s.low, v), max(s.high, v)
	s.whole = s.whole && v == math.Trunc(v) && math.Abs(v) <= 1<<53
	if len(s.few) <= fewNumbers && !slices.Contains(s.few, v) {
		s.few = append(s.few, v)
	}
}

// all are the different numbers, sorted; of one column at a time.
func (s *observed) all() []float64 {
	switch {
	case s.different != nil:
	case len(s.few) <= fewNumbers:
		s.different = slices.Sorted(slices.Values(s.few))
	default:
		if s.in.sorted == nil {
			s.in.sorted = make([]float64, 0, cap(s.values))
		}
		s.different = slices.Compact(s.appendSorted(s.in.sorted, 0, 1))
	}
	return s.different
}

// distinct is how many different values there are.
func (s *observed) distinct() int { return len(s.levels) + len(s.all()) }

// atLeast is how many different values there are: all of them up to fewNumbers, without sorting the numbers.
func (s *observed) atLeast() int { return len(s.levels) + len(s.few) }

// dates are the layouts in which all texts are dates.
func (s *observed) dates() []string {
	if s.layouts == nil {
		found := layoutsOf(s.levels)
		s.layouts = &found
	}
	return *s.layouts
}

// strays reports whether a few texts are among many different numbers or dates, what these are and which of the texts are
// among them.
func (s *observed) strays() (of string, stray func(string) bool) {
	const many = 20 // for each of the few
	if s.texts > 0 && s.numbers >= many*s.texts && len(s.all()) > many {
		return "numbers", func(string) bool { return true }
	}
	if s.numbers > 0 || len(s.levels) <= many || len(s.dates()) > 0 {
		return "", nil
	}
	for _, layout := range layouts {
		c, k, others := clockOf(layout), 0, 0
		no := func(level string) bool { _, problem := c.read(level); return problem != "" }
		for ; k < len(s.levels) && many*others <= k+many; k++ { // most layouts end at the second text
			if no(s.levels[k]) {
				others++
			}
		}
		if k == len(s.levels) && (many+1)*others <= k {
			return "dates", no
		}
	}
	return "", nil
}

// signs may stand around numbers in texts.
const signs = "−$€£¥%() \u00a0"

// signed is a text that is a number with such signs, where all texts are and there are many; "" elsewhere.
func (s *observed) signed() string {
	if len(s.levels) <= fewNumbers {
		return ""
	}
	for _, level := range s.levels {
		bare := strings.Trim(level, signs)
		if bare == level || math.IsNaN(num.ParseCell(strings.ReplaceAll(bare, ",", ""), '.')) {
			return ""
		}
	}
	return s.levels[0]
}

// compactDate is the layout of dates that are numbers.
const compactDate = "20060102"

// compactDates reports whether all numbers are days of about our time that are written so.
func (s *observed) compactDates() bool {
	if !s.whole || s.low < 19000101 || s.high > 21001231 || len(s.few) <= 2 {
		return false
	}
	c := clockOf(compactDate)
	return !slices.ContainsFunc(s.all(), func(v float64) bool {
		_, problem := c.read(Number(v))
		return problem != ""
	})
}

// appendSorted appends the numbers of one in so many different values, chosen by their hashes, so that the numbers that are
// equal are chosen together.
func (s *observed) appendSorted(values []float64, part, of uint64) []float64 {
	for _, v := range s.values {
		if v == v && (of == 1 || mix(math.Float64bits(v))%of == part) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}

// someNumbers are enough to see how often numbers repeat.
const someNumbers = 20_000

// sample are numbers of rows at equal distances, sorted.
func (s *observed) sample() []float64 {
	values, every := make([]float64, 0, someNumbers+1), len(s.values)/someNumbers+1
	for i := 0; i < len(s.values); i += every {
		if v := s.values[i]; v == v {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}

// frequentPart is the part of rows above which a number may be an atom.
const frequentPart = 0.02

// fewEqual rows may have one number by chance, whatever part they are.
const fewEqual = 3

// frequent are the numbers of more rows than frequentPart and fewEqual, sorted.
func (s *observed) frequent() (frequent []float64) {
	sample, count := s.sample(), map[float64]int{}
	for from, to := range runs(sample) {
		if float64(to-from) > 0.7*frequentPart*float64(len(sample)) { // the sample has it less often, perhaps
			count[sample[from]] = 0
		}
	}
	for _, v := range s.values {
		if n, found := count[v]; found {
			count[v] = n + 1
		}
	}
	for v, n := range count {
		if n > fewEqual && float64(n) > frequentPart*float64(s.numbers) {
			frequent = append(frequent, v)
		}
	}
	slices.Sort(frequent)
	return frequent
}

// runs are the parts [from, to) of sorted numbers that are equal.
func runs(sorted []float64) func(yield func(from, to int) bool) {
	return func(yield func(from, to int) bool) {
		for from := 0; from < len(sorted); {
			to := from + 1
			for to < len(sorted) && sorted[to] == sorted[from] {
				to++
			}
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}

// mostRepeats is the part of rows whose number is in another row too, above which numbers are taken for rounded: of exact
// ones hardly any is.
const mostRepeats = 0.1

// repeats is the part of the rows whose number is in another row too, but for rows with some numbers.
func (s *observed) repeats(but []float64) float64 {
	values := s.appendSorted(nil, 0, uint64(len(s.values)/someNumbers+1))
	rows, repeated := 0, 0
	for from, to := range runs(values) {
		if slices.Contains(but, values[from]) {
			continue
		}
		if rows += to - from; to-from > 1 {
			repeated += to - from
		}
	}
	if rows == 0 {
		return 0
	}
	return float64(repeated) / float64(rows)
}

// The most decimals of a step, and the most steps from 0 to a number: float32 has 24 bits for them.
const (
	mostDecimals           = 8
	mostSteps, narrowSteps = 1e9, 1e6
)

// isStep reports whether a number is a multiple of 10^−decimals, up to the rounding of floats.
func (s *observed) isStep(v float64, decimals int) bool {
	scale := math.Pow10(decimals)
	n := math.Round(v * scale)
	if s.narrow {
		return float32(n/scale) == float32(v) && math.Abs(n) <= narrowSteps
	}
	return math.Abs(n/scale-v) <= 0x1p-51*math.Abs(v) && math.Abs(n) <= mostSteps
}

// rounding is the largest decimal step of which the numbers are multiples, but perhaps for frequent ones and for one in a
// hundred that would make it a hundred times finer; 0 where they are exact, which means that hardly any repeats. Of whole
// numbers it is 1 at least.
func (s *observed) rounding(frequent []float64, whole bool) float64 {
	few := len(s.few) <= 2 || s.numbers < fewRows
	if whole && few {
		return 1
	}
	var needing [mostDecimals + 2]int // so many decimals
	for _, v := range s.values {
		if v != v || slices.Contains(frequent, v) && !s.isStep(v, mostDecimals) {
			continue
		}
		decimals := 0
		for decimals <= mostDecimals && !s.isStep(v, decimals) {
			decimals++
		}
		if needing[decimals]++; 100*needing[mostDecimals+1] > s.numbers {
			break
		}
	}
	decimals, finer := 0, s.numbers-needing[0]
	for d := 1; d < len(needing); d++ {
		if needing[d] > 0 && (d == decimals+1 || 100*finer > s.numbers) {
			decimals = d
		}
		finer -= needing[d]
	}
	switch {
	case whole && decimals > 0: // they are above what a step can count
		return 1
	case decimals > mostDecimals, !whole && (few || s.repeats(frequent) <= mostRepeats && s.repeats(nil) <= mostRepeats):
		return 0
	}
	var step int64
	for _, v := range s.values {
		if v == v && step != 1 && s.isStep(v, decimals) {
			step = gcd(step, int64(math.Round(v*math.Pow10(decimals))))
		}
	}
	switch {
	case needing[decimals] < fewRows: // whose last digit may be even by chance
		step = 1
	case decimals > 1: // 0.05 is a step that people take, 0.02 is none: 2.54 cm are an inch
		step = gcd(step, 25)
	case len(s.few) <= fewNumbers: // which may be multiples of 3 by chance
		step = gcd(step, 1e9)
	}
	return float64(max(step, 1)) / math.Pow10(decimals)
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// atoms are the frequent numbers whose neighbours are far rarer: both those that are next to them and those that would be, on
// a grid of steps.
func (s *observed) atoms(step float64, frequent []float64) (atoms []float64) {
	const near, least, few = 4, 10, 20 // neighbours on each side; rows; numbers
	sample := s.sample()
	var values []float64
	var rows []int
	for from, to := range runs(sample) {
		values, rows = append(values, sample[from]), append(rows, to-from)
	}
	if len(values) < few {
		return nil // numbers that each have a probability
	}
	candidates, most := map[float64]int{}, 0 // with their rows; most rows of any other
	for at, v := range values {
		around, highest := 0, 0
		if _, found := slices.BinarySearch(frequent, v); found {
			for k := max(0, at-near); k < min(len(rows), at+near+1); k++ {
				if k != at {
					highest, around = max(highest, rows[k]), around+rows[k]
				}
			}
			offGrid := step > 0 && math.Abs(math.Round(v/step)*step-v) > 1e-6*step
			if rows[at] >= least && (offGrid || rows[at] > 5*highest && 2*near*rows[at] > 10*around) {
				candidates[v] = rows[at]
				continue
			}
		}
		most = max(most, rows[at])
	}
	for v, n := range candidates {
		if n > 3*most { // not one of many that are as frequent
			atoms = append(atoms, v)
		}
	}
	slices.Sort(atoms)
	return atoms
}
