package tui

import (
	"context"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// Intervals of looks at the run directories and at the machine, and between two
// pictures of which only the clock differs: when somebody waits for an answer, and when
// a run says nothing, for minutes perhaps.
const (
	pollEvery  = 250 * time.Millisecond
	lookEvery  = 3 * time.Second
	clockEvery = time.Second
	quietEvery = 3 * time.Second
)

// feed is where the news of the runs come in.
type feed struct {
	now     time.Time  // of the last news
	reading sync.Mutex // held while runs are read
	closed  bool       // nobody reads them any more: whoever gave the source closes it now
	loading bool
	rings   bool // the terminal's bell is due
	drawnAt time.Time
	paused  time.Time       // since when the view stands still, or zero
	held    *monitor.Update // came meanwhile
}

// news is what a look at the run directories found.
type news struct {
	update monitor.Update
}

// poll looks at the run directories after a while. One poll at most is on its way:
// the next one follows the news of this one.
func (m *model) poll(after time.Duration) tea.Cmd {
	if m.o.Source == nil {
		return nil
	}
	return tea.Tick(after, func(time.Time) tea.Msg {
		m.reading.Lock()
		defer m.reading.Unlock()
		if m.closed {
			return nil
		}
		return news{update: m.o.Source.Poll()}
	})
}

// take takes news in. A picture is drawn when something happened, and now and then
// because time goes by.
func (m *model) take(n news) (cmd tea.Cmd, changed bool) {
	if !m.paused.IsZero() {
		m.held = &n.update
		return nil, false
	}
	m.apply(n.update)
	changed = slices.ContainsFunc(n.update.Runs, func(u monitor.RunUpdate) bool { return u.News })
	if n.update.More {
		m.loading = true
		cmd = m.poll(0)
		changed = changed && n.update.Now.Sub(m.drawnAt) >= pollEvery
	} else {
		changed = changed || m.loading
		m.loading = false
		cmd = m.poll(pollEvery)
	}
	if every := m.ticking(); every > 0 && n.update.Now.Sub(m.drawnAt) >= every {
		changed = true
	}
	if changed {
		m.drawnAt = n.update.Now
	}
	if m.rings { // a run has ended, or has got into trouble: somebody may wait for it elsewhere
		m.rings = false
		cmd = tea.Batch(cmd, tea.Raw("\a"))
	}
	return cmd, changed
}

func (m *model) apply(u monitor.Update) {
	var running []*monitor.Run
	for _, news := range u.Runs {
		if r := m.set.Find(news.Dir); r != nil && r.Status() == runlog.Running {
			running = append(running, r)
		}
	}
	m.set.Apply(u)
	m.rings = m.rings || slices.ContainsFunc(running, func(r *monitor.Run) bool { return r.Status() != runlog.Running })
	m.now, m.lists = u.Now, nil
	for _, r := range m.set.Runs {
		if _, ok := m.colours[r.Dir]; !ok {
			m.colours[r.Dir] = len(m.colours)
		}
	}
	for _, news := range u.Runs {
		r := m.set.Find(news.Dir)
		m.ensembles = m.ensembles || mayHaveOrders(r)
		m.contexts = m.contexts || hasContext(r) || len(r.History.Calibrations) > 0
	}
	if panels := m.panels(); !slices.Contains(panels, m.focus) {
		m.focus = panels[0]
	}
	m.answers()
}

// ticking is how often times on the screen go on; 0 where they stand still.
func (m *model) ticking() time.Duration {
	if len(m.waiting) > 0 {
		return clockEvery
	}
	if r := m.run(); r != nil && r.Status().Alive() {
		return quietEvery
	}
	return 0
}

// machine is the state of the machine that computes a run.
type machine struct {
	dir    string // of the run
	memory int64  // of the process that writes the run, in bytes; 0 unknown
	gpus   []monitor.GPU
}

// took takes in how the machine of a run is, unless another run was chosen meanwhile, and
// reports whether that changes the picture.
func (m *model) took(found machine) (changed bool) {
	before := m.machine
	if r := m.run(); r == nil || r.Dir != found.dir {
		found = machine{}
	}
	m.machine = found
	const seen = 1e7 // bytes that make a difference on the screen
	return before.memory/seen != found.memory/seen || len(before.gpus)+len(found.gpus) > 0
}

// look asks how the machine stands after a while.
func (m *model) look(after time.Duration) tea.Cmd {
	var manifest *runlog.Manifest
	dir := ""
	if r := m.run(); r != nil && r.Status() == runlog.Running {
		manifest, dir = r.Manifest, r.Dir
	}
	memory, gpus := m.o.memory, m.o.gpus
	return tea.Tick(after, func(time.Time) tea.Msg {
		found := machine{dir: dir}
		if manifest == nil {
			return found
		}
		bytes, ok := memory(manifest)
		if !ok {
			return found // a process of another host, whose devices these are not
		}
		found.memory = bytes
		ctx, cancel := context.WithTimeout(context.Background(), lookEvery)
		defer cancel()
		found.gpus, _ = gpus(ctx) // none where they cannot be asked
		return found
	})
}

// trained says that the training of this process has ended.
type trained struct{}

// waitTrained waits for that.
func (m *model) waitTrained() tea.Cmd {
	done := m.o.Trained
	if done == nil {
		return nil
	}
	return func() tea.Msg {
		<-done
		return trained{}
	}
}

// request is what was asked of a trainer, until it answers.
type request struct {
	id, dir string
	kind    runlog.Control
}

var requestWords = map[runlog.Control]string{
	runlog.StopCleanly: "stop", runlog.StopNow: "stop now", runlog.SaveCheckpoint: "write a checkpoint",
	runlog.Calibrate: "calibrate at the next validation",
}

// requested says that a request was left, or why not.
type requested struct {
	request
	err error
}

// request leaves a request in the directory of a run, which may be written by another
// host. A view that was held goes on, to show the answer.
func (m *model) request(dir string, kind runlog.Control) tea.Cmd {
	now := m.o.Clock()
	leave := func() tea.Msg {
		id, err := runlog.Request(dir, kind, now)
		return requested{request{id: id, dir: dir, kind: kind}, err}
	}
	return tea.Batch(m.resume(), leave)
}

// askFor asks the chosen run for something, or says why it cannot be had.
func (m *model) askFor(kind runlog.Control, otherwise string) tea.Cmd {
	if r := m.training(otherwise); r != nil {
		return m.request(r.Dir, kind)
	}
	return nil
}

// training is the chosen run while it trains, else nil: the screen says why not.
func (m *model) training(otherwise string) *monitor.Run {
	r := m.run()
	if r != nil && !r.Status().Alive() {
		m.say("%s does not train (%s): %s", m.theme.clean(r.Name), r.Status(), otherwise)
		return nil
	}
	return r
}

func (m *model) requested(r requested) {
	if r.err != nil {
		m.say("%s", m.theme.clean(r.err.Error()))
		return
	}
	m.waiting = append(m.waiting, r.request)
	m.answers()
}

// answers looks for the answers to what was asked.
func (m *model) answers() {
	var waiting []request
	for _, q := range m.waiting {
		run := m.set.Find(q.dir)
		if run == nil {
			continue
		}
		if i := slices.IndexFunc(run.History.Events, func(e runlog.Event) bool { return e.ID == q.id }); i >= 0 {
			m.say("%s: %s", m.theme.clean(run.Name), m.theme.clean(run.History.Events[i].What))
			continue
		}
		if s := run.Status(); !s.Alive() {
			m.say("%s: %s before it answered", m.theme.clean(run.Name), s)
			continue
		}
		waiting = append(waiting, q)
	}
	m.waiting = waiting
}

// interrupt is Ctrl-C while this process trains: what the signal does.
func (m *model) interrupt() tea.Cmd {
	m.dialog, m.prompt, m.o.Hold = nil, nil, false
	m.say("interrupting: a checkpoint is written when the running call has ended (once more to stop at once)")
	interrupt := m.o.Interrupt
	if interrupt == nil {
		return tea.Quit
	}
	return func() tea.Msg { interrupt(); return nil }
}
