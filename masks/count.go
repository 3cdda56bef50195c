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
	degrees := s.Order.Max() + 1
	units := [][]int{s.histogram(s.In(0))} // how many units of each degree there are, from the inputs up
	// By layer and degree: does an input or the context feed such a unit, and does it feed an output?
	fed, feeds := make([][]bool, s.Layers()+1), make([][]bool, s.Layers()+1)
	for l := range fed {
		fed[l], feeds[l] = make([]bool, degrees), make([]bool, degrees)
	}
	for degree := range degrees {
		fed[0][degree], feeds[s.Layers()][degree] = true, true
	}
	layers = make([]Count, s.Layers())
	for l := range layers {
		units = append(units, s.histogram(s.Out(l)))
		for to := range degrees {
			fed[l+1][to] = l == 0 && s.Context && Connects(0, to, s.Strict(0))
		}
		joined(units[l], units[l+1], s.Strict(l), func(from, to int) { fed[l+1][to] = fed[l+1][to] || fed[l][from] })
	}
	for l := s.Layers() - 1; l >= 0; l-- {
		joined(units[l], units[l+1], s.Strict(l), func(from, to int) { feeds[l][from] = feeds[l][from] || feeds[l+1][to] })
	}
	for l := range layers {
		count := &layers[l]
		count.Possible = len(s.In(l)) * len(s.Out(l))
		joined(units[l], units[l+1], s.Strict(l), func(from, to int) {
			count.Kept += units[l][from] * units[l+1][to]
			if fed[l][from] && feeds[l+1][to] {
				count.Live += units[l][from] * units[l+1][to]
			}
		})
		for to, n := range units[l+1] {
			if !(fed[l+1][to] && feeds[l+1][to]) && !s.Strict(l) {
				count.Dead += n
			}
		}
	}
	if s.Direct {
		direct.Possible = len(s.Order) * len(s.Order)
		joined(units[0], units[0], true, func(from, to int) { direct.Kept += units[0][from] * units[0][to] })
		direct.Live = direct.Kept
	}
	return layers, direct
}

// joined calls see with the degrees of connected units, of which there are so many of each degree below and above.
func joined(below, above []int, strict bool, see func(from, to int)) {
	for from, n := range below {
		for to, m := range above {
			if n > 0 && m > 0 && Connects(from, to, strict) {
				see(from, to)
			}
		}
	}
}

// histogram returns how many of the degrees are 0, 1, …, D.
func (s *Set) histogram(degrees []int) []int {
	counts := make([]int, s.Order.Max()+1)
	for _, degree := range degrees {
		counts[degree]++
	}
	return counts
}
