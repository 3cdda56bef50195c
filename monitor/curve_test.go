package monitor

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

func xs(p Points) (x []float64) {
	for i := range p.Len() {
		v, _ := p.At(i)
		x = append(x, v)
	}
	return x
}

func ys(p Points) (y []float64) {
	for i := range p.Len() {
		_, v := p.At(i)
		y = append(y, v)
	}
	return y
}

// The numbers that curves of the tests show.
func Loss(t *runlog.Train) float64     { return float64(t.Loss) }
func LR(t *runlog.Train) float64       { return float64(t.LR) }
func GradNorm(t *runlog.Train) float64 { return float64(t.GradNorm) }
func OrdersNLL(e *Ensemble) float64    { return float64(e.NLL) }
func OrdersMean(e *Ensemble) float64   { return float64(e.Mean) }
func OrdersMin(e *Ensemble) float64    { return e.Lowest }
func OrdersMax(e *Ensemble) float64    { return e.Highest }

func TestCurves(t *testing.T) {
	r := inMemory(t,
		`{"t":"start","step":0}`,
		trainLine(5, 1, 1, 3), trainLine(10, 1, 2, math.NaN()),
		validLine(10, 1, 2.5, 30), `{"t":"orders","step":10,"time":2.5,"split":"valid","nll":30,"mean":33,"best_order":31,"gain":3,"ess":1.5,"per_order":[31,"NaN",35]}`,
		trainLine(15, 2, 3, 2), trainLine(20, 2, 4, 1),
		validLine(20, 2, 4.5, 20), `{"t":"orders","step":20,"time":4.5,"split":"train","nll":1}`,
		`{"t":"orders","step":20,"time":4.5,"split":"valid","nll":20,"mean":22,"best_order":21,"gain":2,"ess":1.7}`,
	)
	nan := math.NaN()
	for name, c := range map[string]struct {
		points Points
		x, y   []float64
	}{
		"loss":      {r.Curve(Loss, ByStep), []float64{5, 10, 15, 20}, []float64{3, nan, 2, 1}},
		"loss/e":    {r.Curve(Loss, ByEpoch), []float64{0.5, 1, 1.5, 2}, []float64{3, nan, 2, 1}},
		"lr":        {r.Curve(LR, ByTime), []float64{1, 2, 3, 4}, []float64{0.5, 0.5, 0.5, 0.5}},
		"grad norm": {r.Curve(GradNorm, ByStep), []float64{5, 10, 15, 20}, []float64{2, 2, 2, 2}},
		"valid":     {r.ValidCurve(ByStep), []float64{10, 20}, []float64{30, 20}},
		"valid/e":   {r.ValidCurve(ByEpoch), []float64{1, 2}, []float64{30, 20}},
		"valid/t":   {r.ValidCurve(ByTime), []float64{2.5, 4.5}, []float64{30, 20}},
		"orders":    {r.OrdersCurve(OrdersNLL, ByStep), []float64{10, 20}, []float64{30, 20}},
		"mean":      {r.OrdersCurve(OrdersMean, ByEpoch), []float64{1, 2}, []float64{33, 22}},
		"mean/t":    {r.OrdersCurve(OrdersMean, ByTime), []float64{2.5, 4.5}, []float64{33, 22}},
		"min":       {r.OrdersCurve(OrdersMin, ByStep), []float64{10, 20}, []float64{31, nan}},
		"max":       {r.OrdersCurve(OrdersMax, ByStep), []float64{10, 20}, []float64{35, nan}},
	} {
		if x, y := fmt.Sprint(xs(c.points)), fmt.Sprint(ys(c.points)); x != fmt.Sprint(c.x) || y != fmt.Sprint(c.y) {
			t.Errorf("%s: x %s, y %s\nnot %v, %v", name, x, y, c.x, c.y)
		}
	}
}

// Within an epoch x goes on by the step, and no epoch is left, whether or not there are validations.
func TestEpochsAreFractional(t *testing.T) {
	const length = 13 // steps an epoch
	for name, validate := range map[string]bool{"with validations": true, "without": false} {
		var lines []string
		for step := int64(10); step <= 50*length; step += 10 {
			epoch := int(step-1)/length + 1
			if before := step - 10; validate && before/length < step/length {
				end := step / length * length
				lines = append(lines, validLine(end, int(end/length), float64(end), 1))
			}
			lines = append(lines, trainLine(step, epoch, float64(step), 1))
		}
		r := inMemory(t, lines...)
		curve := r.Curve(Loss, ByEpoch)
		for i, x := range xs(curve) {
			exact, within := float64(r.History.Train.At(i).Step)/length, 0.1
			if validate {
				within = 1e-9
			}
			if !near(x, exact, within) {
				t.Fatalf("%s: step %d is at epoch %v, not %v", name, r.History.Train.At(i).Step, x, exact)
			}
		}
	}
}

func TestAFirstEpochHasX(t *testing.T) {
	r := inMemory(t, trainLine(10, 1, 1, 1), trainLine(20, 1, 2, 1), trainLine(40, 1, 3, 1))
	if x := xs(r.Curve(Loss, ByEpoch)); !(0 < x[0] && x[0] < x[1] && x[1] < x[2] && x[2] < 1) {
		t.Errorf("the first epoch passes as %v", x)
	}
}

// Whatever numbers a log has, y is what was read, and curves can be drawn along every axis.
func TestCurvesOfAnyNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &Run{}
		var want []float64
		for range rapid.IntRange(1, 4).Draw(t, "updates") {
			var u RunUpdate
			for range rapid.IntRange(0, 20).Draw(t, "records") {
				step := int64(rapid.IntRange(-3, 50).Draw(t, "step"))
				epoch := rapid.IntRange(-2, 9).Draw(t, "epoch")
				time, y := runlog.Float(values().Draw(t, "time")), values().Draw(t, "y")
				switch rapid.IntRange(0, 4).Draw(t, "kind") {
				case 0:
					u.Batch.Records = append(u.Batch.Records, runlog.Valid{Step: step, Epoch: epoch, Time: time, NLL: runlog.Float(y)})
				case 1:
					u.Batch.Records = append(u.Batch.Records, runlog.Orders{Step: step, Time: time, Split: "valid", NLL: runlog.Float(y), PerOrder: []runlog.Float{runlog.Float(y), 1}})
				case 2:
					if rapid.IntRange(0, 5).Draw(t, "rewind") == 0 {
						u.Batch.Records = append(u.Batch.Records, runlog.Start{Step: step})
					}
				default:
					u.Batch.Records = append(u.Batch.Records, runlog.Train{Step: step, Epoch: int32(epoch), Time: time, Loss: runlog.Float(y)})
				}
			}
			u.Batch.Reset = rapid.IntRange(0, 9).Draw(t, "reset") == 0
			r.apply(&u, r.looked)
		}
		for i := range r.History.Train.Len() {
			want = append(want, float64(r.History.Train.At(i).Loss))
		}
		if got := ys(r.Curve(Loss, ByStep)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("y is %v, not %v", got, want)
		}
		if n := r.ValidCurve(ByStep).Len(); n != len(r.History.Valid) {
			t.Fatalf("%d of %d validations", n, len(r.History.Valid))
		}
		for _, axis := range []Axis{ByStep, ByEpoch, ByTime} {
			for _, p := range []Points{r.Curve(Loss, axis), r.ValidCurve(axis), r.OrdersCurve(OrdersMax, axis)} {
				plot.Chart{Lines: []plot.Line{{Points: plot.NewCurve(p)}}}.Draw(37, 11, plot.Style{})
			}
		}
		r.Figures(r.looked)
	})
}

// A training that was ended between two epochs, with a validation then, does not pull its
// last records together.
func TestAnEndInsideAnEpochHasX(t *testing.T) {
	r := inMemory(t, trainLine(160, 1, 1, 1), validLine(160, 1, 1, 1), trainLine(320, 2, 2, 1), validLine(320, 2, 2, 1), trainLine(400, 3, 3, 1), validLine(400, 2, 3, 1))
	for name, c := range map[string]Points{"loss": r.Curve(Loss, ByEpoch), "valid": r.ValidCurve(ByEpoch)} {
		if x := xs(c); !near(x[0], 1, 1e-9) || !near(x[1], 2, 1e-9) || !near(x[2], 2.5, 1e-9) {
			t.Errorf("%s: x is %v", name, x)
		}
	}
}
