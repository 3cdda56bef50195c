package monitor

import (
	"math"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// A Summary is a run as one JSON object, for scripts: its keys stay as they are
// from version to version, more may come. Numbers that are not finite, or not
// known, are the strings "NaN", "Inf" and "-Inf" ([runlog.Float]); what the run
// does not have is left out. Times ending in _s are seconds, losses and
// likelihoods nats a row.
type Summary struct {
	Dir     string        `json:"dir"`
	Name    string        `json:"name"`           // shortest end of dir that no other run shares
	Title   string        `json:"title"`          // name of the configuration
	ID      string        `json:"id"`             // unique
	Status  runlog.Status `json:"status"`         // running, done, stopped, diverged, failed, crashed, silent, deleted or unknown
	Loading bool          `json:"loading"`        // not all of the log was read
	Trouble string        `json:"trouble"`        // why the run could not be read, or empty
	Error   string        `json:"error"`          // how the run says that it ended, or empty
	Host    string        `json:"host,omitempty"` // and process that writes or wrote it
	PID     int           `json:"pid,omitempty"`
	Backend string        `json:"backend,omitempty"`
	// Objective is the kind of what training makes large: see [runlog.Manifest].
	Objective string     `json:"objective,omitempty"`
	Started   *time.Time `json:"started,omitempty"` // the first of the processes

	// Class is the number, from 1, of the class of runs whose likelihoods can be compared with those of this one, 0 where it
	// is not known what they are of, and Apart what sets it apart from the first: see [Class].
	Class int    `json:"class"`
	Apart string `json:"apart,omitempty"`

	Figures
	Elapsed runlog.Float   `json:"elapsed_s"`
	Quiet   runlog.Float   `json:"quiet_s"`         // since the log last grew
	Valid   *ValidRecord   `json:"valid,omitempty"` // the last validation
	Best    *ValidRecord   `json:"best,omitempty"`  // the one of fewest bad rows and lowest nll_others
	ToLimit *runlog.Float  `json:"to_step_limit_s,omitempty"`
	ToEnd   *runlog.Float  `json:"to_look_ahead_s,omitempty"`
	Orders  *OrdersRecord  `json:"orders,omitempty"` // the last evaluation on the validation rows
	Test    *runlog.Result `json:"test,omitempty"`
	// Calibration is the last one on validation rows.
	Calibration *runlog.Calibration `json:"calibration,omitempty"`
	// Above is how many nats a row the best validation is better than independent columns on the same rows, which does not
	// change with units, and TestAbove the same of the test.
	Above     *runlog.Float `json:"above_independent,omitempty"`
	TestAbove *runlog.Float `json:"test_above_independent,omitempty"`

	Config map[string]string `json:"config"` // values as YAML text by path
}

// A ValidRecord is a validation in a [Summary].
type ValidRecord struct {
	Step   int64        `json:"step"`
	Epoch  int          `json:"epoch"`
	Time   runlog.Float `json:"time_s"`
	NLL    runlog.Float `json:"nll"`
	NLL2SE runlog.Float `json:"nll_2se"` // twice its standard error
	Bad    int          `json:"bad_rows"`
	Others runlog.Float `json:"nll_others"` // over the rows that have a likelihood
}

// An OrdersRecord is the evaluation of an ensemble over orders in a [Summary].
type OrdersRecord struct {
	Step      int64        `json:"step"`
	Count     int          `json:"count"` // orders
	NLL       runlog.Float `json:"nll"`
	Mean      runlog.Float `json:"mean"` // of the single orders
	BestOrder runlog.Float `json:"best_order"`
	Gain      runlog.Float `json:"gain"` // mean − nll
	Gain2SE   runlog.Float `json:"gain_2se"`
	ESS       runlog.Float `json:"ess"`
}

// Summaries are those of the runs that a query chooses at a moment, class after class as [Group.Classes] has them.
func (s *Group) Summaries(q Query, now time.Time) []Summary {
	all := []Summary{}
	for k, c := range s.Classes(q, now) {
		for _, r := range c.Runs {
			one := r.Summary(now)
			if one.Apart = c.Apart; c.Ranked() {
				one.Class = k + 1
			}
			all = append(all, one)
		}
	}
	return all
}

// Summary returns what is known of the run by itself at a moment.
func (r *Run) Summary(now time.Time) Summary {
	f := r.Figures(now)
	s := Summary{
		Dir: r.Dir, Name: r.Name, Status: r.Status(), Loading: r.Loading,
		Figures: f, Elapsed: runlog.Float(f.Elapsed.Seconds()), Quiet: runlog.Float(math.NaN()),
		Valid: newValidRecord(f.Valid), Best: newValidRecord(f.Best),
		ToLimit: forecastSeconds(f.ToStepLimit), ToEnd: forecastSeconds(f.ToLookAhead), Above: r.Above(), TestAbove: r.TestAbove(),
		Calibration: r.Calibration(ByStep, math.Inf(1)),
		Config:      make(map[string]string, len(r.Config)),
	}
	if m := r.Manifest; m != nil {
		started := m.FirstStarted()
		s.ID, s.Title, s.Host, s.PID, s.Backend, s.Objective, s.Started = m.ID, m.Name, m.Host, m.PID, m.Backend, m.Objective, &started
	}
	if r.State != nil {
		s.Quiet = runlog.Float(f.Quiet.Seconds())
	}
	if r.Err != nil {
		s.Trouble = r.Err.Error()
	}
	if end := r.History.End; end != nil {
		if s.Error = end.Error; end.Test != nil {
			s.Test = new(*end.Test)
			s.Test.Others = end.Test.OfOthers()
		}
	}
	if o := f.LastOrders; o != nil {
		s.Orders = &OrdersRecord{
			Step: o.Step, Count: len(o.PerOrder), NLL: o.NLL, Mean: o.Mean, BestOrder: o.BestOrder,
			Gain: o.Gain, Gain2SE: o.Gain2SE, ESS: o.ESS,
		}
	}
	for _, v := range r.Config {
		s.Config[v.Path] = v.Text
	}
	return s
}

func newValidRecord(v *runlog.Valid) *ValidRecord {
	if v == nil {
		return nil
	}
	return &ValidRecord{Step: v.Step, Epoch: v.Epoch, Time: v.Time, NLL: v.NLL, NLL2SE: v.NLL2SE, Bad: v.BadRows, Others: v.OfOthers()}
}

// forecastSeconds is nil for a forecast that is not known.
func forecastSeconds(d time.Duration) *runlog.Float {
	if d < 0 {
		return nil
	}
	s := runlog.Float(d.Seconds())
	return &s
}
