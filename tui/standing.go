package tui

import (
	"slices"
	"sync"
	"time"

	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// quiet is how long a run may be without news before the screen says so, and tells no
// rate and no time left any more.
const quiet = time.Minute

// steps says whether a run takes steps now.
func steps(r *monitor.Run, f monitor.Figures) bool {
	return r.Status() == runlog.Running && f.Quiet <= quiet && doing(r) == ""
}

// progress is the part that is done of what the nearest limit allows, or −1 where there is
// none.
func progress(f monitor.Figures) float64 {
	done := -1.0
	if f.MaxSteps > 0 {
		done = float64(f.Step) / float64(f.MaxSteps)
	}
	if f.MaxEpochs > 0 {
		done = max(done, float64(f.Epoch)/float64(f.MaxEpochs))
	}
	return min(done, 1)
}

// endFacts says why a run ended that was not done, and how to go on.
func (m *model) endFacts(r *monitor.Run) (all facts) {
	t := m.theme
	if e := r.History.End; e != nil && e.Error != "" {
		all.add(2, t.ink(t.lift(vermilion), t.clean(e.Error)))
	}
	if s := r.Status(); s == runlog.Crashed || s == runlog.Stopped {
		saved := "no checkpoint was written"
		if n := len(r.History.Checkpoints); n > 0 {
			saved = "checkpoint of step " + text.Grouped(r.History.Checkpoints[n-1].Step)
		}
		all.add(3, saved)
		all.add(6, t.dim("continue: maskflow train --resume --run "+t.clean(r.Dir)))
	}
	return all
}

// validName is what a validation measures: an estimated objective by its bound.
func validName(r *monitor.Run) string {
	if objective(r) != "likelihood" {
		return "valid −ELBO"
	}
	return "valid"
}

// testName is what a test measures: of a bound the likelihood below it.
func testName(r *monitor.Run) string {
	if objective(r) == "divergence" {
		return "test −ELBO"
	}
	return "test"
}

// objective is the kind of what a run's training makes large. Runs of version 0.1.0 do
// not name it.
func objective(r *monitor.Run) string {
	if m := r.Manifest; m != nil && m.Objective != "" {
		return m.Objective
	}
	name, _ := r.Setting("data.source")
	if slices.ContainsFunc(sources(), func(s source.Info) bool { return s.Kind == "target" && s.Name == name }) {
		return "divergence"
	}
	if _, latent := r.Setting("model.latent"); latent {
		return "bound"
	}
	return "likelihood"
}

var sources = sync.OnceValue(source.List)

// testOrders is the last ensemble of orders that was tested, or nil.
func testOrders(r *monitor.Run) *runlog.Orders {
	for i := len(r.History.Orders) - 1; i >= 0; i-- {
		if o := &r.History.Orders[i]; o.Split == "test" {
			return o
		}
	}
	return nil
}

// doing says what a run does that takes no steps, such as a test.
func doing(r *monitor.Run) string {
	if r.Status() != runlog.Running || r.Loading {
		return ""
	}
	return phaseWords[r.History.Phase]
}

var phaseWords = map[runlog.PhaseName]string{
	runlog.Compiling: "compiling", runlog.Validating: "validating", runlog.Testing: "testing the best weights",
}
