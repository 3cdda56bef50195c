package masks

// Count says how much of a masked layer is in use.
type Count struct {
	// Possible is the number of entries of the mask, Kept that of its true ones.
	Possible, Kept int
	// Live is the number of kept connections that lie on a path from an input or the context to an output. The others
	// train to no effect.
	Live int
	// Dead is the number of units above the layer that lie on no such path: they only add a constant, or nothing.
	Dead int
}

// Counts returns the count of every layer, and that of the direct connections, which is zero without any.
func (s *Set) Counts() (layers []Count, direct Count) {
	units := make([][]int, s.Layers()+1) // how many units of each degree there are, from the inputs up
	units[0] = s.histogram(s.In(0))
	for l := range s.Layers() {
		units[l+1] = s.histogram(s.Out(l))
	}
	fed := make([][]bool, len(units)) // by layer and degree: does an input or the context feed such a unit?
	fed[0] = make([]bool, len(units[0]))
	for degree, n := range units[0] {
		fed[0][degree] = n > 0
	}
	for l := range s.Layers() {
		fed[l+1] = make([]bool, len(units[0]))
		for to := range fed[l+1] {
			fed[l+1][to] = l == 0 && s.Context && Connects(0, to, s.Strict(0))
			for from, n := range units[l] {
				if n > 0 && fed[l][from] && Connects(from, to, s.Strict(l)) {
					fed[l+1][to] = true
				}
			}
		}
	}
	feeds := make([]bool, len(units[0])) // by degree: does a unit above the present layer reach an output?
	for degree := range feeds {
		feeds[degree] = true
	}
	layers = make([]Count, s.Layers())
	for l := s.Layers() - 1; l >= 0; l-- {
		below := make([]bool, len(feeds))
		count := Count{Possible: len(s.In(l)) * len(s.Out(l))}
		for to, above := range units[l+1] {
			if above > 0 && !(feeds[to] && fed[l+1][to]) && !s.Strict(l) {
				count.Dead += above
			}
			for from, n := range units[l] {
				if above == 0 || n == 0 || !Connects(from, to, s.Strict(l)) {
					continue
				}
				count.Kept += n * above
				if fed[l][from] && feeds[to] {
					count.Live += n * above
				}
				below[from] = below[from] || feeds[to]
			}
		}
		layers[l], feeds = count, below
	}
	if s.Direct {
		direct.Possible = len(s.Order) * len(s.Order)
		for from, n := range units[0] {
			for to, above := range units[0] {
				if Connects(from, to, true) {
					direct.Kept += n * above
				}
			}
		}
		direct.Live = direct.Kept
	}
	return layers, direct
}

// histogram returns how many of the degrees are 0, 1, …, D.
func (s *Set) histogram(degrees []int) []int {
	counts := make([]int, s.Order.Max()+1)
	for _, degree := range degrees {
		counts[degree]++
	}
	return counts
}
