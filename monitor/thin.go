package monitor

import "github.com/maskflow/maskflow/runlog"

// ordersKept bounds the values of single orders and of masks that a run keeps, at
// 4 MB. A log may hold a thousand orders of each of ten thousand validations; most
// logs hold less than this in all.
const ordersKept = 1 << 19

// lastWhole is how many evaluations are kept whole whatever they hold: those of one
// step, on every split.
const lastWhole = 3

// thin lets go of the values of single orders and masks of all but the last
// evaluations. The range of the orders, which curves show, is in the index.
func (r *Run) thin() {
	all := r.History.Orders
	r.full = min(r.full, len(all))
	values := 0
	for i := len(all) - 1; i >= r.full; i-- {
		values += len(all[i].PerOrder) + len(all[i].MaskLoss)
		if values > ordersKept && i < len(all)-lastWhole {
			for k := r.full; k <= i; k++ {
				all[k].PerOrder, all[k].MaskLoss = nil, nil
			}
			r.full = i + 1
		}
	}
	r.index.thin(r.full)
}

// thin notes that of evaluations before a place in the history only the range of
// their orders is known, from here.
func (x *index) thin(full int) {
	n := min(len(x.thinned), len(x.spreads))
	for n < len(x.spreads) && x.spreads[n].at < full {
		n++
	}
	x.thinned = x.spreads[:n:n]
}

// unthin forgets the ranges of evaluations that a batch takes back.
func (x *index) unthin(b *runlog.Batch) {
	if b.Reset {
		x.thinned = nil
	}
	for _, record := range b.Records {
		start, ok := record.(runlog.Start)
		for n := len(x.thinned); ok && n > 0 && x.thinned[n-1].step > start.Step; n-- {
			x.thinned = x.thinned[:n-1]
		}
	}
}
