package reproduce

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/runlog"
)

// Table is what came of an experiment.
type Table struct {
	Name string `json:"name"`
	// Quick tables are of shortened trainings and reproduce nothing.
	Quick bool  `json:"quick"`
	Rows  []Row `json:"rows"`
}

// Row is a figure beside the published one.
type Row struct {
	Figure
	// Ours is the number, and Error twice its standard error over test rows, or
	// its standard deviation over folds.
	Ours  runlog.Float `json:"ours"`
	Error runlog.Float `json:"error"`
	// Target is the rule in symbols, and Verdict what it says.
	Target  string `json:"target,omitempty"`
	Verdict string `json:"verdict"`
	// Reached is absent where there is no target.
	Reached *bool `json:"reached,omitempty"`
	// DataChanged is how the rows differ from those of the trainings; such a figure reaches
	// nothing.
	DataChanged []string `json:"data_changed,omitempty"`
	// Seconds are those of the trainings, summed over resumptions, or of the
	// computation where there are none.
	Seconds float64 `json:"seconds"`
}

// Run trains and measures each figure in turn. It returns the rows so far with an
// error: of the data, of the training (see train.Run), or ctx's when it is
// cancelled. The next call goes on where it ended.
func (e Experiment) Run(ctx context.Context, b *backend.Backend, o Options) (*Table, error) {
	l := &lab{backend: b, o: o, done: map[string]outcome{}}
	t := &Table{Name: e.Name, Quick: o.Quick}
	for _, f := range e.Figures {
		row, err := l.row(ctx, f)
		if err != nil {
			return t, fmt.Errorf("reproducing %s: %w", e.Name, err)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

func (l *lab) row(ctx context.Context, f Figure) (Row, error) {
	row := Row{Figure: f, Target: f.Rule.String()}
	trainings := f.Trainings
	if l.o.Quick {
		trainings = trainings[:min(len(trainings), 2)] // of ten folds
	}
	var of []outcome
	for _, t := range trainings {
		out, err := l.train(ctx, t)
		if err != nil {
			return row, err
		}
		of = append(of, out)
		row.Seconds += out.seconds
		row.DataChanged = append(row.DataChanged, out.changed...)
	}
	begin := time.Now()
	found, err := f.measure(ctx, l, of)
	if err != nil {
		return row, fmt.Errorf("%s: %w", f.What, err)
	}
	if len(trainings) == 0 {
		row.Seconds = time.Since(begin).Seconds()
	}
	row.Ours, row.Error = runlog.Float(found.value), runlog.Float(found.err)
	text, reached, known := f.Rule.Verdict(found.value)
	if row.Verdict = text; row.DataChanged != nil {
		row.Verdict = "not comparable: the data have changed"
	} else if known {
		row.Reached = &reached
	}
	if math.IsNaN(found.value) {
		return row, fmt.Errorf("%s came out as not a number", f.What)
	}
	return row, nil
}

// Rule says when a figure counts as reached. The zero value is no rule: the
// figure stands for itself.
type Rule struct {
	symbol     string // ≥, ≤, > or ±, "" for none
	value, tol float64
}

// Within is a distance from a number of at most tol.
func Within(value, tol float64) Rule { return Rule{"±", value, tol} }

// AtLeast is a threshold from below.
func AtLeast(value float64) Rule { return Rule{symbol: "≥", value: value} }

// AtMost is a threshold from above.
func AtMost(value float64) Rule { return Rule{symbol: "≤", value: value} }

// MoreThan is what a model should not get below, since it cannot.
func MoreThan(value float64) Rule { return Rule{symbol: ">", value: value} }

// String is the rule in symbols, "" for none.
func (r Rule) String() string {
	switch r.symbol {
	case "":
		return ""
	case "±":
		return fmt.Sprintf("%.4g ± %.4g", r.value, r.tol)
	}
	return fmt.Sprintf("%s %.4g", r.symbol, r.value)
}

// Verdict reports whether a number is reached, or by how much it is not. known is
// false where there is no rule.
func (r Rule) Verdict(v float64) (text string, reached, known bool) {
	var by float64 // that is missing, 0 or less when the number is reached
	switch r.symbol {
	case "":
		return "no target", false, false
	case "±":
		by = math.Abs(v-r.value) - r.tol
	case "≤":
		by = v - r.value
	default:
		by = r.value - v
	}
	switch {
	case math.IsNaN(by):
		return "not reached: not a number", false, true
	case by > 0 || by == 0 && r.symbol == ">":
		return fmt.Sprintf("not reached by %.3g", by), false, true
	}
	return "reached", true, true
}
