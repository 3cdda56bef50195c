package tui

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// fact is a text of the header. Where there is no room for all, those of the highest
// rank go first.
type fact struct {
	text string
	rank int
}

// headerLines is the header in h lines of w columns.
func (m *model) headerLines(w, h int) []string {
	r := m.run()
	if r == nil {
		text := "waiting for a run …"
		if len(m.set.Runs) > 0 {
			text = fmt.Sprintf("no run passes the filter %s (f changes it, esc forgets it)", m.theme.clean(m.query.String()))
		}
		return fitAll([]string{m.theme.dim(m.theme.glyph(text))}, w, h)
	}
	f := r.Figures(m.now)
	groups := []facts{m.progressFacts(r, f), m.qualityFacts(r, f), m.machineFacts(r)}
	if h == 1 {
		groups = []facts{slices.Concat(groups...)}
	}
	if h == 2 {
		groups = []facts{groups[0], slices.Concat(groups[1], groups[2])}
	}
	lines := make([]string, 0, h)
	for _, facts := range groups {
		lines = append(lines, m.theme.shorten(joinFacts(facts, w), w))
	}
	return fitAll(lines, w, h)
}

// joinFacts is the facts that there is room for, in their sequence.
func joinFacts(facts []fact, w int) string {
	const gap = "   "
	facts = slices.DeleteFunc(slices.Clone(facts), func(f fact) bool { return f.text == "" })
	for {
		total, worst := 0, -1
		for i, f := range facts {
			if i > 0 {
				total += len(gap)
			}
			total += width(f.text)
			if worst < 0 || f.rank >= facts[worst].rank {
				worst = i
			}
		}
		if total <= w || len(facts) <= 1 {
			break
		}
		facts = slices.Delete(facts, worst, worst+1)
	}
	all := make([]string, len(facts))
	for i, f := range facts {
		all[i] = f.text
	}
	return strings.Join(all, gap)
}

// facts are collected from what is known.
type facts []fact

// add adds a text, unless it is empty.
func (f *facts) add(rank int, text string) {
	if text != "" {
		*f = append(*f, fact{text, rank})
	}
}

// when adds a text where something is so.
func (f *facts) when(yes bool, rank int, format string, args ...any) {
	if yes {
		f.add(rank, fmt.Sprintf(format, args...))
	}
}

// warned and noted write what is wrong, and what is unusual.
func (t theme) warned(s string) string { return t.ink(t.lift(vermilion), t.glyph("▲")+" "+s) }
func (t theme) noted(s string) string  { return t.ink(t.lift(orange), s) }

// progressFacts says where the run is.
func (m *model) progressFacts(r *monitor.Run, f monitor.Figures) (all facts) {
	t := m.theme
	const longName = 40
	all.add(0, t.state(r.Status()))
	all.add(5, t.bold(t.shorten(t.clean(r.Name), longName)))
	if r.Err != nil {
		all.add(1, t.warned(t.clean(r.Err.Error())))
	}
	all.when(m.outcome.Ended, 1, "%s", t.bold("training has ended: q closes the monitor"))
	now := doing(r)
	all.when(now != "", 1, "%s", t.ink(t.lift(blue), t.text("%s …", now)))
	all.when(!m.paused.IsZero(), 1, "%s", t.noted("view held since "+m.paused.Format("15:04:05")))
	all.when(r.Loading, 4, "%s", t.dim(t.text("reading …")))
	s := r.Status()
	all.when(s == runlog.Silent || s == runlog.Running && f.Quiet > quiet, 1, "%s", t.noted("no news for "+duration(f.Quiet)))
	all.add(2, "step "+text.Grouped(f.Step))
	all.when(f.MaxSteps > 0, 6, "of %s", text.Grouped(f.MaxSteps))
	if done := progress(f); done >= 0 {
		all.add(9, t.bar(done, 16))
		all.add(4, fmt.Sprintf("%.0f %%", 100*done))
	}
	epoch := fmt.Sprintf("epoch %d", f.Epoch)
	if f.MaxEpochs > 0 {
		epoch += fmt.Sprintf(" of %d", f.MaxEpochs)
	}
	all.add(7, epoch)
	if f.StepsPerSecond > 0 && steps(r, f) {
		all.add(8, rate(float64(f.StepsPerSecond))+" steps/s")
		all.when(f.ExamplesPerSecond > 0, 10, "%s examples/s", rate(float64(f.ExamplesPerSecond)))
	}
	all.add(8, t.dim(text.Clock(f.Elapsed.Seconds())))
	return all
}

// qualityFacts says how good the model is, and how long it may go on.
func (m *model) qualityFacts(r *monitor.Run, f monitor.Figures) (all facts) {
	t := m.theme
	all.when(f.NonFinite == 1, 1, "%s", t.warned("1 loss not finite"))
	all.when(f.NonFinite > 1, 1, "%s", t.warned(text.Grouped(f.NonFinite)+" losses not finite"))
	e := r.History.End
	tested := e != nil && e.Test != nil
	if tested {
		all.add(1, t.bold(t.text("%s ", testName(r))+t.mean(e.Test.NLL, e.Test.Others, e.Test.NLL2SE, e.Test.BadRows)))
		if o := testOrders(r); o != nil {
			all.add(7, "test gain "+t.withError(float64(o.Gain), float64(o.Gain2SE)))
		}
	}
	all = append(all, m.endFacts(r)...)
	if f.Valid != nil {
		v := f.Valid
		all.add(2, t.text("%s ", validName(r))+t.mean(v.NLL, v.Others, v.NLL2SE, v.BadRows))
	}
	if f.Best != nil {
		best := "best " + nats(float64(f.Best.OfOthers()))
		switch {
		case f.Valid == nil || f.Valid.Step == f.Best.Step:
			best += " now"
		case f.SinceBest > 0:
			best += fmt.Sprintf(" %s ago", text.Count(f.SinceBest, "epoch"))
		default:
			best += fmt.Sprintf(" %s ago", text.Count(int(f.Valid.Step-f.Best.Step), "step"))
		}
		all.add(3, t.ink(t.lift(green), t.glyph("★")+" "+best))
	}
	if above := cmp.Or(r.TestAbove(), r.Above()); above != nil {
		all.add(8, text.Above(*above))
	}
	if o := f.LastOrders; o != nil && !tested {
		all.add(7, "valid gain "+t.withError(float64(o.Gain), float64(o.Gain2SE)))
	}
	if steps(r, f) {
		all.when(f.ToStepLimit >= 0, 4, "%s to the limit", duration(f.ToStepLimit))
		left := text.Count(max(0, f.LookAhead-f.SinceBest), "epoch")
		all.when(f.ToLookAhead >= 0, 6, "look-ahead in %s (%s)", duration(f.ToLookAhead), left)
	}
	for _, q := range m.waiting {
		all.add(1, t.noted(t.text("asked to %s …", requestWords[q.kind])))
	}
	return all
}

// machineFacts says what computes.
func (m *model) machineFacts(r *monitor.Run) (all facts) {
	t := m.theme
	if man := r.Manifest; man != nil {
		all.add(12, t.dim(t.clean(backendText(man.Backend))))
		all.add(16, t.dim(fmt.Sprintf("pid %d on %s", man.PID, t.clean(man.Host))))
	}
	all.when(m.machine.memory > 0, 13, "%s", t.dim("memory "+bytesText(float64(m.machine.memory))))
	for _, g := range m.machine.gpus {
		all.add(14, t.dim(gpuText(t, g)))
	}
	n := len(r.History.Starts) - 1
	all.when(n > 0, 17, "%s", t.dim("resumed "+text.Count(n, "time")))
	return all
}

// backendText is a backend's description without the folder of its plugin and the reason
// for its choice.
func backendText(s string) string {
	if i := strings.Index(s, "): "); i >= 0 {
		s = s[:i+1]
	}
	return folders.ReplaceAllString(s, "")
}

var folders = regexp.MustCompile(`/[^\s,()]*/`)

func gpuText(t theme, g monitor.GPU) string {
	text := fmt.Sprintf("GPU %d %s", g.Index, t.clean(g.Name))
	if !math.IsNaN(g.Utilization) {
		text += fmt.Sprintf(" %.0f %%", g.Utilization)
	}
	if !math.IsNaN(g.MemoryUsed) && !math.IsNaN(g.MemoryTotal) {
		text += " " + bytesText(g.MemoryUsed) + " of " + bytesText(g.MemoryTotal)
	}
	if !math.IsNaN(g.Temperature) {
		text += fmt.Sprintf(" %.0f C", g.Temperature)
	}
	return text
}

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
		all.add(6, t.dim("continue: maskflow train --resume --run "+t.clean(text.Shell(r.Dir))))
	}
	return all
}

// validName is what a validation measures: an estimated objective by its bound.
func validName(r *monitor.Run) string {
	switch r.Objective() {
	case "likelihood":
		return "valid"
	case orderMean:
		return "valid one-pass mean of orders"
	case runlog.ConditionalLikelihood:
		return "valid " + runlog.ConditionalNLL
	}
	return "valid −ELBO"
}

// orderMean is the objective whose validations estimate the mean over orders, which is not to be ranked beside
// the likelihood of an ensemble.
const orderMean = "order mean"

// testName is what a test measures: of a bound the likelihood below it.
func testName(r *monitor.Run) string {
	switch r.Objective() {
	case "divergence":
		return "test −ELBO"
	case runlog.ConditionalLikelihood:
		return "test " + runlog.ConditionalNLL
	}
	return "test"
}

// testOrders is the last ensemble of orders that was tested, or nil.
func testOrders(r *monitor.Run) *runlog.Orders {
	for i, o := range slices.Backward(r.History.Orders) {
		if o.Split == "test" {
			return &r.History.Orders[i]
		}
	}
	return nil
}

// doing says what a run does that takes no steps, such as a test.
func doing(r *monitor.Run) string {
	if r.Status() != runlog.Running || r.Loading {
		return ""
	}
	words := phaseWords[r.History.Phase]
	if done := r.History.PhaseDone; words != "" && done > 0 {
		words += fmt.Sprintf(" %d %%", done)
	}
	return words
}

var phaseWords = map[runlog.PhaseName]string{
	runlog.Compiling: "compiling", runlog.Validating: "validating", runlog.Testing: "testing the best weights",
}
