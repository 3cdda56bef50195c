package monitor

import (
	"slices"
	"testing"

	"github.com/maskflow/maskflow/runlog"
)

// evaluations are those of n validations, from a step on, each with a number of
// orders whose likelihoods are around its step.
func evaluations(from, n, orders int) (records []runlog.Record) {
	for step := from; step < from+n; step++ {
		perOrder := make([]runlog.Float, orders)
		for k := range perOrder {
			perOrder[k] = runlog.Float(step + k%3 - 1)
		}
		records = append(records, runlog.Orders{Step: int64(step), Split: validSplit, NLL: runlog.Float(step), PerOrder: perOrder, MaskLoss: perOrder[:5]})
	}
	return records
}

func held(r *Run) (values int) {
	for _, o := range r.History.Orders {
		values += len(o.PerOrder) + len(o.MaskLoss)
	}
	return values
}

// However many orders a log has, a run keeps the values of the last evaluations and
// the ranges of all, also when it is rewound and goes on differently.
func TestSingleOrdersAreBounded(t *testing.T) {
	const orders = 1000
	r := &Run{}
	add := func(records ...runlog.Record) {
		r.applyBatch(&runlog.Batch{Records: records})
	}
	expect := func(n int, shifted func(i int) float64) {
		t.Helper()
		low, high := r.OrdersCurve(OrdersMin, ByStep), r.OrdersCurve(OrdersMax, ByStep)
		if low.Len() != n {
			t.Fatalf("%d evaluations, not %d", low.Len(), n)
		}
		for i := range n {
			_, a := low.At(i)
			if _, b := high.At(i); a != shifted(i)-1 || b != shifted(i)+1 {
				t.Fatalf("evaluation %d goes from %v to %v, not around %v", i, a, b, shifted(i))
			}
		}
	}
	same := func(i int) float64 { return float64(i) }
	for from := 0; from < 2000; from += 100 {
		add(evaluations(from, 100, orders)...)
		if n := held(r); n > ordersKept {
			t.Fatalf("%d values are held after %d evaluations", n, from+100)
		}
	}
	expect(2000, same)
	if o := r.lastOrders(); len(o.PerOrder) != orders || len(o.MaskLoss) != 5 || held(r) < ordersKept-orders-5 {
		t.Errorf("the last has %d orders, and %d values are held", len(o.PerOrder), held(r))
	}

	add(append([]runlog.Record{runlog.Start{Step: 700, Resumed: true}}, evaluations(705, 1, orders)...)...)
	expect(702, func(i int) float64 {
		if i == 701 {
			return 705
		}
		return float64(i)
	})
	add(append([]runlog.Record{runlog.Start{Step: 600, Resumed: true}}, evaluations(600, 1, orders)...)...) // that step again
	expect(601, same)
	if o := r.lastOrders(); len(o.PerOrder) != orders {
		t.Errorf("what was evaluated again has %d orders", len(o.PerOrder))
	}
	add(append([]runlog.Record{runlog.Start{Step: -1}}, evaluations(0, 1500, orders)...)...)
	expect(1500, same)
	if n := held(r); n > ordersKept {
		t.Errorf("%d values are held", n)
	}
	r.applyBatch(&runlog.Batch{Reset: true, Records: evaluations(5, 2, 7)})
	expect(2, func(i int) float64 { return float64(i + 5) })
}

// Evaluations that are larger than the bound are whole while they are the last.
func TestTheLastEvaluationsAreWhole(t *testing.T) {
	r := &Run{}
	for step := range 5 {
		r.applyBatch(&runlog.Batch{Records: evaluations(step, 1, ordersKept)})
	}
	var whole []bool
	for _, o := range r.History.Orders {
		whole = append(whole, len(o.PerOrder) == ordersKept)
	}
	if want := []bool{false, false, true, true, true}; !slices.Equal(whole, want) {
		t.Errorf("whole are %v, not %v", whole, want)
	}
}
