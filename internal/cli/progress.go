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
	console   *console
	quiet     bool
	now       func() time.Time
	lookAhead int // epochs, 0 for no such limit
	maxEpochs int
	maxSteps  int

	mu       sync.Mutex // guards what follows: records come while the clock ticks
	headers  []string
	train    *runlog.Train
	phase    runlog.PhaseName
	valid    *runlog.Valid
	best     *runlog.Valid // since the start of this process
	pending  string        // line about a validation that was held back
	lastLine time.Time
	lastLive time.Time
	began    time.Time
	over     time.Time // when the training ended, or zero
	ended    bool
	held     bool          // a monitor has the terminal
	stop     chan struct{} // closed to end the ticking; nil when there is none
}

func newProgress(c *console, cfg *train.Config, quiet bool) *progress {
	return &progress{console: c, quiet: quiet, now: time.Now,
		lookAhead: cfg.Train.LookAhead, maxEpochs: cfg.Train.MaxEpochs, maxSteps: cfg.Train.MaxSteps}
}

// header is a line about what the training starts with, to be shown when it
// does: until then it may fail.
func (p *progress) header(name, text string) {
	p.headers = append(p.headers, fmt.Sprintf("%-8s %s", name, text))
}

func (p *progress) observe(r runlog.Record) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r := r.(type) {
	case runlog.Start:
		p.began = p.now()
		switch {
		case r.Resumed && r.Step == 0:
			p.header("resumed", "from the beginning: there was no checkpoint yet")
		case r.Resumed:
			p.header("resumed", "after step "+strconv.FormatInt(r.Step, 10))
		}
		for _, line := range p.headers {
			p.console.line("%s", line)
		}
	case runlog.Event:
		if p.held {
			break
		}
		p.console.line("%s", r.What)
	case runlog.Phase:
		p.phase = r.Phase
	case runlog.Train:
		p.train, p.phase = &r, runlog.Training
	case runlog.Valid:
		if r.Best {
			p.best = &r
		}
		p.valid = &r
		p.validated()
	}
	p.showLive(liveEvery)
}

// showLive renews the live line unless that was done just before.
func (p *progress) showLive(every time.Duration) {
	if now := p.now(); !p.held && p.console.isTerminal() && now.Sub(p.lastLive) >= every {
		p.lastLive = now
		p.console.show(p.liveLine())
	}
}

// hold keeps the terminal to a monitor, or gives it back to the live line.
func (p *progress) hold(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held = on; on {
		p.console.clear()
	}
}

// note writes a line of its own, unless a monitor has the terminal.
func (p *progress) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.held {
		p.console.line(format, args...)
	}
}

// tick keeps the time in the live line moving while no records come: in the
// validation of many orders, in the test.
func (p *progress) tick() {
	if p.quiet || !p.console.isTerminal() {
		return
	}
	stop := make(chan struct{})
	p.stop = stop
	go func() {
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for {
			select {
			case <-second.C:
				p.mu.Lock()
				if !p.ended && !p.began.IsZero() {
					p.showLive(time.Second)
				}
				p.mu.Unlock()
			case <-stop:
				return
			}
		}
	}()
}

// validated writes a line about a validation, or holds it back when the last
// one was just now.
func (p *progress) validated() {
	if p.console.isTerminal() {
		return
	}
	p.pending = p.plainLine()
	if now := p.now(); p.lastLine.IsZero() || now.Sub(p.lastLine) >= plainEvery {
		p.lastLine = now
		p.flush()
	}
}

func (p *progress) flush() {
	if p.pending != "" {
		p.console.line("%s", p.pending)
		p.pending = ""
	}
}

// end takes the live line away and says where training got to.
func (p *progress) end() {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended = true; p.stop != nil {
		close(p.stop)
	}
	p.flush()
	if p.console.isTerminal() && p.valid != nil {
		p.console.line("%s", p.plainLine())
	}
	p.console.clear()
}

// liveLine is all that is known, the most important first.
func (p *progress) liveLine() string {
	if p.train == nil && p.valid == nil {
		return p.elapsed() + "  compiling …"
	}
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	add("%s", p.elapsed())
	epoch, step := 0, int64(0)
	if p.train != nil {
		epoch, step = int(p.train.Epoch), p.train.Step
	}
	if p.valid != nil && p.valid.Step > step {
		epoch, step = p.valid.Epoch, p.valid.Step
	}
	add("epoch %s", of(epoch, p.maxEpochs))
	add("step %s", of(int(step), p.maxSteps))
	if p.train != nil {
		add("loss %.2f", float64(p.train.EMA))
	}
	if p.valid != nil {
		add("valid %.2f%s", float64(p.valid.NLL), bestText(p.valid, p.best))
	}
	if p.lookAhead > 0 && p.best != nil {
		add("look-ahead %d", max(0, p.lookAhead-(p.valid.Epoch-p.best.Epoch)))
	}
	if p.phase == runlog.Testing {
		add("testing the best weights …")
	} else if p.train != nil && !math.IsNaN(float64(p.train.Rate)) {
		decimals := 0
		if p.train.Rate < 10 {
			decimals = 1
		}
		add("%.*f steps/s", decimals, p.train.Rate)
	}
	return strings.Join(parts, "  ")
}

func (p *progress) elapsed() string {
	until := p.over
	if until.IsZero() {
		until = p.now()
	}
	return text.Duration(until.Sub(p.began).Seconds())
}

// trained says that the training is over, however long it is looked at.
func (p *progress) trained() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = p.now()
}

// plainLine is the last validation in columns.
func (p *progress) plainLine() string {
	ema := math.NaN()
	if p.train != nil {
		ema = float64(p.train.EMA)
	}
	return validationLine(p.valid, ema, p.best, p.elapsed())
}

// validationLine is a validation in columns, with the best one.
func validationLine(v *runlog.Valid, ema float64, best *runlog.Valid, elapsed string) string {
	loss := "-"
	if !math.IsNaN(ema) {
		loss = fmt.Sprintf("%.2f", ema)
	}
	return fmt.Sprintf("epoch %4d  step %6d  loss %8s  valid %14s%s  %s", v.Epoch, v.Step, loss,
		text.WithError(float64(v.NLL), float64(v.NLL2SE)), bestText(v, best), elapsed)
}

// bestText marks a validation as the best, or names the best.
func bestText(v, best *runlog.Valid) string {
	switch {
	case best == nil: // it was before a resumption
		return ""
	case best.Step == v.Step:
		return " (best)"
	}
	figure, _ := text.PlusMinus(float64(best.NLL), float64(v.NLL2SE))
	return " (best " + figure + ")"
}

func of(n, limit int) string {
	if limit > 0 {
		return fmt.Sprintf("%d/%d", n, limit)
	}
	return strconv.Itoa(n)
}
