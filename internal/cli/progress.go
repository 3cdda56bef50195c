package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

const (
	liveEvery  = 100 * time.Millisecond // between two states of the live line
	plainEvery = 2 * time.Second        // between two lines about validations
)

// progress tells a person how a training goes: on a terminal by one live line,
// elsewhere by a line about a validation now and then.
type progress struct {
	console *console
	config  *train.Config
	quiet   bool
	now     func() time.Time
	refresh time.Duration // of the live line, without records
	// intro is what the training starts with, shown when it does: until then it may fail.
	intro listing

	mu          sync.Mutex // guards what follows: a validation is watched by a goroutine of its own
	began, live time.Time  // the training, and the last state of the live line
	phase       runlog.PhaseName
	step        int64
	epoch       int
	ema, rate   float64
	valid, best *runlog.Valid // the best since the start of this process
	done        int           // per cent of the phase
	meter       meter
	lines       validations
	clock       *time.Timer // of the live line
}

func newProgress(c *console, cfg *train.Config, quiet bool) *progress {
	return &progress{console: c, config: cfg, quiet: quiet, now: time.Now, refresh: time.Second, intro: listing{width: 8}, ema: math.NaN(), rate: math.NaN()}
}

func (p *progress) observe(r runlog.Record) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = p.phase.After(r)
	now := p.now()
	switch r := r.(type) {
	case runlog.Start:
		p.began = now
		switch {
		case r.Resumed && r.Step == 0:
			p.intro.add("resumed", "from the beginning")
		case r.Resumed:
			p.intro.add("resumed", "after step %d", r.Step)
		}
		if r.Resumed && r.Units == "" {
			p.intro.add("units", "losses as version 0.1.0 logged them, validations in those of the data")
		}
		fmt.Fprint(p.console, p.intro.String())
	case runlog.Event:
		p.console.note(r.What)
	case runlog.Phase:
		p.done = r.Done
		if r.Done > 0 {
			p.meter.tell(now, p.console, p.liveLine(now))
		}
	case runlog.Train:
		p.step, p.epoch, p.ema, p.rate = r.Step, int(r.Epoch), float64(r.EMA), float64(r.Rate)
	case runlog.Valid:
		p.step, p.epoch, p.valid = r.Step, r.Epoch, &r
		if r.Best {
			p.best = &r
		}
		if !p.console.isTerminal() {
			p.validated(now, false)
		}
	case runlog.End:
		p.validated(now, true)
		p.console.clear()
		return
	}
	_, phase := r.(runlog.Phase) // for long, perhaps, there is no other record
	if p.console.isTerminal() && (phase || now.Sub(p.live) >= liveEvery) {
		p.show(now)
	}
}

// show writes the live line, and again after a time without records, as while the
// first call is compiled, for as long as nothing else takes its place.
func (p *progress) show(now time.Time) {
	p.live = now
	p.console.show(p.liveLine(now))
	if p.clock != nil {
		p.clock.Stop()
	}
	p.clock = time.AfterFunc(p.refresh, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.console.isLive() {
			p.show(p.now())
		}
	})
}

// meterEvery is the time between two lines about how far something has come, where there is
// no live line.
const meterEvery = 30 * time.Second

// meter tells how far something has come where there is no live line, now and then.
type meter struct{ last time.Time }

func (m *meter) tell(now time.Time, c *console, line string) {
	if m.last.IsZero() {
		m.last = now
	}
	if !c.isTerminal() && now.Sub(m.last) >= meterEvery {
		m.last = now
		c.note(line)
	}
}

// evaluating reports how far an evaluation has come, by what there is to say of so many rows, on a
// terminal by the live line.
func (a *app) evaluating(progress func(done int) string) func(done int) {
	var live time.Time
	m := meter{last: time.Now()}
	return func(done int) {
		now := time.Now()
		line := "evaluating … " + progress(done)
		m.tell(now, a.console, line)
		if now.Sub(live) >= liveEvery {
			live = now
			a.console.show(line)
		}
	}
}

// validated writes the line about the last validation, unless it has to wait.
func (p *progress) validated(now time.Time, last bool) {
	if line := p.lines.next(p.valid, p.best, p.ema, now.Sub(p.began), now, last); line != "" {
		p.console.note(line)
	}
}

// phases are how the live line names what else than training a run does.
var phases = map[runlog.PhaseName]string{
	runlog.Compiling: "compiling …", runlog.Validating: "validating …", runlog.Testing: "testing the best weights …",
}

// liveLine is all that is known, the most important first.
func (p *progress) liveLine(now time.Time) string {
	parts := []string{text.Duration(now.Sub(p.began).Seconds())}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if limits := p.config.Train; p.step > 0 {
		add("epoch %s  step %s  loss %.2f", of(p.epoch, limits.MaxEpochs), of(int(p.step), limits.MaxSteps), p.ema)
	}
	if p.valid != nil {
		v := p.valid
		add("%s %s%s", p.lines.name(), text.Mean(v.NLL, v.Others, runlog.Float(math.NaN()), v.BadRows), bestText(v, p.best))
	}
	if limit := p.config.Train.LookAhead; limit > 0 && p.best != nil {
		add("look-ahead %d", max(0, limit-(p.valid.Epoch-p.best.Epoch)))
	}
	if name := phases[p.phase]; name != "" {
		if p.done > 0 {
			name += fmt.Sprintf(" %d %%", p.done)
		}
		add("%s", name)
	} else if !math.IsNaN(p.rate) {
		add("%.1f steps/s", p.rate)
	}
	return strings.Join(parts, "  ")
}

func of(n, limit int) string {
	if limit > 0 {
		return fmt.Sprintf("%d/%d", n, limit)
	}
	return strconv.Itoa(n)
}

// validations writes lines about the validations of a run. Those that follow each other
// quickly are thinned out; the last one of a run never is.
type validations struct {
	told        runlog.Valid // the last that has a line
	at          time.Time    // of that line
	conditional bool         // they are of some columns given the others
}

// name is what the lines call the figure.
func (l *validations) name() string {
	if l.conditional {
		return "valid " + runlog.ConditionalNLL
	}
	return "valid"
}

// next is the line about a validation in columns, with the best one; "" where it has one
// already or others had theirs just before.
func (l *validations) next(v, best *runlog.Valid, ema float64, elapsed time.Duration, now time.Time, last bool) string {
	if v == nil || v.Step == l.told.Step && v.Epoch == l.told.Epoch || !last && now.Sub(l.at) < plainEvery {
		return ""
	}
	l.told, l.at = *v, now
	loss := "-"
	if !math.IsNaN(ema) {
		loss = fmt.Sprintf("%.2f", ema)
	}
	return fmt.Sprintf("epoch %4d  step %6d  loss %8s  %s %14s%s  %s", v.Epoch, v.Step, loss, l.name(),
		text.Mean(v.NLL, v.Others, v.NLL2SE, v.BadRows), bestText(v, best), text.Duration(elapsed.Seconds()))
}

// bestText marks a validation as the best, or names the best.
func bestText(v, best *runlog.Valid) string {
	switch {
	case best == nil: // it was before a resumption
		return ""
	case best.Step == v.Step:
		return " (best)"
	}
	figure, _ := text.PlusMinus(float64(best.OfOthers()), float64(v.NLL2SE))
	return " (best " + figure + ")"
}
