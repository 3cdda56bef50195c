package tui

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

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
		return fitAll([]string{m.theme.dim(m.theme.text("%s", text))}, w, h)
	}
	f := r.Figures(m.now)
	groups := [][]fact{m.progressFacts(r, f), m.qualityFacts(r, f), m.machineFacts(r)}
	if h == 1 {
		groups = [][]fact{slices.Concat(groups...)}
	}
	if h == 2 {
		groups = [][]fact{groups[0], slices.Concat(groups[1], groups[2])}
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
	var line strings.Builder
	for i, f := range facts {
		if i > 0 {
			line.WriteString(gap)
		}
		line.WriteString(f.text)
	}
	return line.String()
}

// progressFacts says where the run is.
func (m *model) progressFacts(r *monitor.Run, f monitor.Figures) []fact {
	t := m.theme
	const longName = 40
	facts := []fact{{t.state(r.Status()), 0}, {t.bold(t.shorten(t.clean(r.Name), longName)), 5}}
	if r.Err != nil {
		facts = append(facts, fact{t.ink(t.lift(vermilion), t.glyphs.warned+" "+t.clean(r.Err.Error())), 1})
	}
	if m.outcome.Ended {
		facts = append(facts, fact{t.bold("training has ended: q closes the monitor"), 1})
	}
	if now := doing(r); now != "" {
		facts = append(facts, fact{t.ink(t.lift(blue), t.text("%s …", now)), 1})
	}
	if !m.paused.IsZero() {
		facts = append(facts, fact{t.ink(t.lift(orange), "view held since "+m.paused.Format("15:04:05")), 1})
	}
	if r.Loading {
		facts = append(facts, fact{t.dim(t.text("reading …")), 4})
	}
	if s := r.Status(); s == runlog.Silent || s == runlog.Running && f.Quiet > quiet {
		facts = append(facts, fact{t.ink(t.lift(orange), "no news for "+duration(f.Quiet)), 1})
	}
	facts = append(facts, fact{"step " + text.Grouped(f.Step), 2})
	if f.MaxSteps > 0 {
		facts = append(facts, fact{"of " + text.Grouped(f.MaxSteps), 6})
	}
	if done := progress(f); done >= 0 {
		facts = append(facts, fact{t.bar(done, 16), 9}, fact{fmt.Sprintf("%.0f %%", 100*done), 4})
	}
	epoch := fmt.Sprintf("epoch %d", f.Epoch)
	if f.MaxEpochs > 0 {
		epoch += fmt.Sprintf(" of %d", f.MaxEpochs)
	}
	facts = append(facts, fact{epoch, 7})
	if f.StepsPerSecond > 0 && steps(r, f) {
		facts = append(facts, fact{rate(f.StepsPerSecond) + " steps/s", 8})
		if f.ExamplesPerSecond > 0 {
			facts = append(facts, fact{rate(f.ExamplesPerSecond) + " examples/s", 10})
		}
	}
	return append(facts, fact{t.dim(text.Clock(f.Elapsed.Seconds())), 8})
}

func lossCount(n int) string {
	if n == 1 {
		return "1 loss"
	}
	return text.Grouped(n) + " losses"
}

// qualityFacts says how good the model is, and how long it may go on.
func (m *model) qualityFacts(r *monitor.Run, f monitor.Figures) []fact {
	t := m.theme
	var facts []fact
	if f.NonFinite > 0 {
		facts = append(facts, fact{t.ink(t.lift(vermilion), fmt.Sprintf("%s %s not finite", t.glyphs.warned, lossCount(f.NonFinite))), 1})
	}
	if e := r.History.End; e != nil && e.Test != nil {
		facts = append(facts, fact{t.bold(t.text("%s ", testName(r)) + t.withError(float64(e.Test.NLL), float64(e.Test.NLL2SE))), 1})
		if o := testOrders(r); o != nil {
			facts = append(facts, fact{"test gain " + t.withError(float64(o.Gain), float64(o.Gain2SE)), 7})
		}
	}
	facts = append(facts, m.endFacts(r)...)
	if f.Valid != nil {
		facts = append(facts, fact{t.text("%s ", validName(r)) + t.withError(float64(f.Valid.NLL), float64(f.Valid.NLL2SE)), 2})
	}
	if f.Best != nil {
		best := "best " + nats(float64(f.Best.NLL))
		switch {
		case f.Valid == nil || f.Valid.Step == f.Best.Step:
			best += " now"
		case f.SinceBest > 0:
			best += fmt.Sprintf(" %s ago", text.Count(f.SinceBest, "epoch"))
		default:
			best += fmt.Sprintf(" %s ago", text.Count(int(f.Valid.Step-f.Best.Step), "step"))
		}
		facts = append(facts, fact{t.ink(t.lift(green), t.glyphs.best+" "+best), 3})
	}
	if o := f.LastOrders; o != nil && (r.History.End == nil || r.History.End.Test == nil) {
		facts = append(facts, fact{"valid gain " + t.withError(float64(o.Gain), float64(o.Gain2SE)), 7})
	}
	if steps(r, f) {
		if f.ToStepLimit >= 0 {
			facts = append(facts, fact{duration(f.ToStepLimit) + " to the limit", 4})
		}
		if f.LookAhead > 0 && f.ToLookAhead >= 0 {
			left := max(0, f.LookAhead-f.SinceBest)
			lookAhead := "look-ahead in " + text.Count(left, "epoch")
			if f.ToLookAhead > 0 || left == 0 {
				lookAhead = fmt.Sprintf("look-ahead in %s (%s)", duration(f.ToLookAhead), text.Count(left, "epoch"))
			}
			facts = append(facts, fact{lookAhead, 6})
		}
	}
	for _, q := range m.waiting {
		facts = append(facts, fact{t.ink(t.lift(orange), t.text("asked to %s …", requestWords[q.kind])), 1})
	}
	return facts
}

// machineFacts says what computes.
func (m *model) machineFacts(r *monitor.Run) []fact {
	t := m.theme
	var facts []fact
	if man := r.Manifest; man != nil {
		facts = append(facts, fact{t.dim(t.clean(backendText(man.Backend))), 12}, fact{t.dim(fmt.Sprintf("pid %d on %s", man.PID, t.clean(man.Host))), 16})
	}
	if m.machine.memory > 0 {
		facts = append(facts, fact{t.dim("memory " + bytesText(float64(m.machine.memory))), 13})
	}
	for _, g := range m.machine.gpus {
		facts = append(facts, fact{t.dim(gpuText(t, g)), 14})
	}
	if n := len(r.History.Starts) - 1; n > 0 {
		facts = append(facts, fact{t.dim("resumed " + text.Count(n, "time")), 17})
	}
	return facts
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

// textLines is all that fits on a screen too small for panels: the state and the figures
// that matter most, one a line, or several in one line.
func (m *model) textLines(w, h int) []string {
	r := m.run()
	if r == nil {
		return fitAll([]string{"waiting"}, w, h)
	}
	f := r.Figures(m.now)
	t := m.theme
	valid, best := "", ""
	if f.Valid != nil {
		valid = "valid " + nats(float64(f.Valid.NLL))
	}
	if f.Best != nil {
		best = "best " + nats(float64(f.Best.NLL))
	}
	facts := []fact{{t.state(r.Status()), 0}, {best, 1}, {"step " + text.Grouped(f.Step), 2}, {"loss " + nats(f.EMA), 3}, {valid, 4}, {t.clean(r.Name), 5}}
	if h == 1 {
		return fitAll([]string{joinFacts(facts, w)}, w, h)
	}
	var lines []string
	for _, f := range facts {
		if f.text != "" {
			lines = append(lines, f.text)
		}
	}
	return fitAll(lines, w, h)
}
