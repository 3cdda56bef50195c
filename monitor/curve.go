package monitor

// Points are the points of a line: x does not decrease, and y may be anything,
// NaN and infinities included.
type Points interface {
	Len() int
	At(i int) (x, y float64) // 0 ≤ i < Len
}

// A Field is a number of a train record.
type Field int

// The values of Field.
const (
	Loss     Field = iota // mean over the batch, nats a row
	EMA                   // exponential moving average of Loss
	LR                    // learning rate
	GradNorm              // Euclidean norm before clipping
	Rate                  // steps a second
)

// An OrdersField is a number of an orders record.
type OrdersField int

// The values of OrdersField, all but the last in nats a row.
const (
	OrdersNLL  OrdersField = iota // of the ensemble
	OrdersMean                    // mean over the single orders
	OrdersBest                    // of the best single order
	OrdersGain                    // of the ensemble over the mean
	OrdersMin                     // lowest of the single orders
	OrdersMax                     // highest of the single orders
	OrdersESS                     // effective number of orders
)

// An Axis is what x is.
type Axis int

// The values of Axis.
const (
	ByStep  Axis = iota
	ByEpoch      // fractional within an epoch
	ByTime       // seconds of training
)

// Curve is a field over the train records of the run. It reads the History as
// it stands at each call, so it grows with it.
func (r *Run) Curve(f Field, a Axis) Points {
	return trainCurve{r, f, a}
}

type trainCurve struct {
	r *Run
	f Field
	a Axis
}

func (c trainCurve) Len() int { return c.r.History.Train.Len() }
func (c trainCurve) At(i int) (x, y float64) {
	t := c.r.History.Train.At(i)
	x = float64(t.Step)
	switch c.a {
	case ByEpoch:
		x = float64(t.Epoch)
	case ByTime:
		x = float64(t.Time)
	}
	return x, float64([...]float64{float64(t.Loss), float64(t.EMA), float64(t.LR), float64(t.GradNorm), float64(t.Rate)}[c.f])
}

// ValidCurve is the negative log-likelihood of the validation rows.
func (r *Run) ValidCurve(a Axis) Points { return validCurve{r, a} }

type validCurve struct {
	r *Run
	a Axis
}

func (c validCurve) Len() int { return len(c.r.History.Valid) }
func (c validCurve) At(i int) (x, y float64) {
	v := c.r.History.Valid[i]
	x = float64(v.Step)
	switch c.a {
	case ByEpoch:
		x = float64(v.Epoch)
	case ByTime:
		x = float64(v.Time)
	}
	return x, float64(v.NLL)
}

// OrdersCurve is a number of the ensembles over orders that were evaluated on
// the validation rows.
func (r *Run) OrdersCurve(f OrdersField, a Axis) Points { return ordersCurve{r, f, a} }

type ordersCurve struct {
	r *Run
	f OrdersField
	a Axis
}

func (c ordersCurve) Len() int { return len(c.r.History.Orders) }
func (c ordersCurve) At(i int) (x, y float64) {
	o := c.r.History.Orders[i]
	return float64(o.Step), float64(o.NLL)
}
