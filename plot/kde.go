package plot

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/num"
)

// KernelDensity is a density of two variables that is estimated from samples, see [EstimateDensity]. The values of its
// grid are shares of the samples, per unit of x and of y.
type KernelDensity struct {
	Grid
	share []float64 // of the samples, in each cell
}

// EstimateDensity estimates the density of samples (x[i], y[i]) on cells x cells of two ranges by Gaussian kernels, which
// are mirrored at the edges, so that a density that ends there keeps its height. Samples count by weights, nil being one
// each. Those that are not finite are left out; those outside of the ranges count, but have no kernel. Without samples
// inside the density is 0. A range without length is [0, cells], as that of a [Grid].
//
// The kernels have one bandwidth along x and one along y: the widest for which least-squares cross-validation (Rudemo
// 1982, Bowman 1984) finds an integrated squared error above the least by no more than 0.01 + 1/√n of ∫f², of n samples.
// Times the square root of g/f(x) that is the bandwidth of the sample at x, g being the geometric mean of the density f at
// the samples (Abramson 1982), and the factor from 1/√8 to 4. So modes and thin crescents stay apart, and the few samples
// of a tail are no islands. Samples of rounded numbers are to be spread before, as [Pairs.Spread] does.
func EstimateDensity(x, y, weights []float64, xs, ys Range, cells int) KernelDensity {
	k := KernelDensity{Grid: Grid{Rows: max(cells, 0), Cols: max(cells, 0), X: edges(xs, cells), Y: edges(ys, cells)}}
	k.share = make([]float64, k.Rows*k.Cols)
	k.Values = k.share
	top := 0.0 // sums of parts of the largest weight are finite
	for _, w := range weights {
		if num.Finite(w) {
			top = max(top, w)
		}
	}
	var inside []float64 // weights
	all := 0.0
	for i := range min(len(x), len(y)) {
		w := 1.0
		if i < len(weights) {
			w = weights[i] / top
		}
		if !num.Finite(x[i]) || !num.Finite(y[i]) || !(w > 0) || !num.Finite(w) {
			continue
		}
		all += w
		if col, row := k.X.cell(x[i], cells), k.Y.cell(y[i], cells); min(col, row) >= 0 {
			k.share[row*cells+col] += w
			inside = append(inside, w)
		}
	}
	if len(inside) == 0 {
		return k
	}
	floats.Scale(1/all, k.share)
	s := spectrumOf(k.share, cells)
	across, up := s.bandwidths(num.EffectiveNumber(inside))
	k.Values = s.times(across, up).density()
	k.Values = k.adapted(across, up).density()
	floats.Scale(float64(len(k.share))/(k.X.Hi-k.X.Lo)/(k.Y.Hi-k.Y.Lo), k.Values)
	return k
}

// cell is the one of so many in a range that has a value, −1 if none has.
func (r Range) cell(v float64, cells int) int {
	if !(v >= r.Lo && v <= r.Hi) {
		return -1
	}
	return min(int((v-r.Lo)/(r.Hi-r.Lo)*float64(cells)), cells-1)
}

// Region returns for each share of the samples the density at the edge of the region of highest density that has it.
func (k KernelDensity) Region(shares ...float64) []float64 {
	cells := make([]int, len(k.Values))
	for i := range cells {
		cells[i] = i
	}
	slices.SortStableFunc(cells, func(a, b int) int { return cmp.Compare(k.Values[b], k.Values[a]) })
	least, sum := make([]float64, len(shares)), 0.0
	for _, i := range cells {
		before := sum
		sum += k.share[i]
		for j, share := range shares {
			if before < share {
				least[j] = k.Values[i]
			}
		}
	}
	return least
}

// leastBandwidth is the least in cells: within a cell it is not known where samples are.
const leastBandwidth = 0.7

// adapted is the spectrum of the samples under kernels that are the wider the lower the density at a sample is.
func (k KernelDensity) adapted(across, up float64) spectrum {
	floor := 1e-12 * slices.Max(k.Values) // below is rounding
	logs, mean := make([]float64, len(k.share)), 0.0
	for i, w := range k.share {
		logs[i] = math.Log2(max(k.Values[i], floor))
		mean += w * logs[i]
	}
	mean /= floats.Sum(k.share)
	// Kernels have factors of √2. A sample is shared by the narrower and the wider one beside its own.
	const narrowest, widest = -3, 4
	var parts [widest - narrowest + 1][]float64
	for i, w := range k.share {
		if w == 0 {
			continue
		}
		width := min(max(mean-logs[i], narrowest), widest) - narrowest
		first := min(int(width), len(parts)-2)
		for _, part := range []int{first, first + 1} {
			if parts[part] == nil {
				parts[part] = make([]float64, len(k.share))
			}
			parts[part][i] = w * (1 - math.Abs(width-float64(part)))
		}
	}
	sum := spectrum{make([]float64, len(k.share)), k.Cols}
	for i, part := range parts {
		if part != nil {
			factor := math.Pow(2, float64(i+narrowest)/2)
			floats.Add(sum.of, spectrumOf(part, k.Cols).times(max(across*factor, leastBandwidth), max(up*factor, leastBandwidth)).of)
		}
	}
	return sum
}

// spectrum is the cosine transform of a square of cells that is mirrored at its edges.
type spectrum struct {
	of    []float64
	cells int // along a side
}

func spectrumOf(share []float64, cells int) spectrum {
	return spectrum{cosines(share, cells, (*fourier.QuarterWaveFFT).CosSequence), cells}
}

// density takes a spectrum back.
func (s spectrum) density() []float64 {
	values := cosines(s.of, s.cells, (*fourier.QuarterWaveFFT).CosCoefficients)
	for i, v := range values {
		values[i] = max(v/float64(16*s.cells*s.cells), 0) // below is rounding
	}
	return values
}

// cosines transforms each row of a square and then each column.
func cosines(square []float64, cells int, transform func(t *fourier.QuarterWaveFFT, dst, seq []float64) []float64) []float64 {
	t, out, column := fourier.NewQuarterWaveFFT(cells), slices.Clone(square), make([]float64, cells)
	for row := range slices.Chunk(out, cells) {
		transform(t, row, row)
	}
	for c := range cells {
		for r := range column {
			column[r] = out[r*cells+c]
		}
		transform(t, column, column)
		for r, v := range column {
			out[r*cells+c] = v
		}
	}
	return out
}

// gaussian is the spectrum along an axis of a kernel of some bandwidth in cells.
func gaussian(bandwidth float64, cells int) []float64 {
	factors := make([]float64, cells)
	for k := range factors {
		w := bandwidth * math.Pi * float64(k) / float64(cells)
		factors[k] = math.Exp(-w * w / 2)
	}
	return factors
}

// times is the spectrum under a kernel.
func (s spectrum) times(across, up float64) spectrum {
	x, y, out := gaussian(across, s.cells), gaussian(up, s.cells), slices.Clone(s.of)
	for i := range out {
		out[i] *= x[i%s.cells] * y[i/s.cells]
	}
	return spectrum{out, s.cells}
}

// bandwidths are those of n samples, in cells: the widest whose cross-validation is near the best.
func (s spectrum) bandwidths(n float64) (across, up float64) {
	const ratio = 1.189207115002721 // the fourth root of 2
	widths := []float64{leastBandwidth}
	for widths[len(widths)-1]*ratio <= float64(s.cells)/8 {
		widths = append(widths, widths[len(widths)-1]*ratio)
	}
	if !(n > 1) {
		return widths[len(widths)-1], widths[len(widths)-1]
	}
	scores := s.crossValidation(widths, n)
	slack := 0.01 + 1/math.Sqrt(n)
	best := slices.MinFunc(scores, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	chosen := best
	for _, k := range scores {
		wider := cmp.Compare(k.across+k.up, chosen.across+chosen.up)
		if k.score <= best.score+slack*best.square && (wider > 0 || wider == 0 && k.score < chosen.score) {
			chosen = k
		}
	}
	return widths[chosen.across], widths[chosen.up]
}

// scored is a kernel, by the numbers of its widths, with ∫f² under it and the cross-validation ∫f² − 2/n Σ f₋ᵢ(xᵢ), in
// which f₋ᵢ is the density of all samples but i.
type scored struct {
	across, up    int
	square, score float64
}

// crossValidation scores kernels of each two widths for n samples.
func (s spectrum) crossValidation(widths []float64, n float64) (scores []scored) {
	cells, kernels := float64(s.cells*s.cells), make([][]float64, len(widths))
	for i, h := range widths {
		kernels[i] = gaussian(h, s.cells)
	}
	power := make([]float64, len(s.of)) // squares of the orthonormal transform, whose sum is that of the shares' squares
	for i, a := range s.of {
		power[i] = a * a / (64 * cells)
		if i < s.cells {
			power[i] /= 2
		}
		if i%s.cells == 0 {
			power[i] /= 2
		}
	}
	once, twice := make([]float64, s.cells), make([]float64, s.cells) // of rows, under a kernel and under its square
	for i, across := range kernels {
		for r := range once {
			once[r], twice[r] = 0, 0
			for c, g := range across {
				p := g * power[r*s.cells+c]
				once[r], twice[r] = once[r]+p, twice[r]+g*p
			}
		}
		for j, up := range kernels {
			at, square := floats.Dot(once, up), 0.0
			for r, g := range up {
				square += g * g * twice[r]
			}
			own := floats.Sum(across) * floats.Sum(up) / cells // the kernel of a sample at the sample, in the mean of all cells
			scores = append(scores, scored{i, j, square, square - 2*(n*at-own)/(n-1)})
		}
	}
	return scores
}
