package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/runlog"
)

// request is what was asked of a trainer, until it answers.
type request struct {
	id, dir string
	kind    runlog.Control
	since   time.Time
	late    bool // it was said that no answer came
}

// answerTime is how long an answer may take before the screen says that none came: a
// trainer looks between its calls, of which the first one is compiled.
const answerTime = 15 * time.Second

var requestWords = map[runlog.Control]string{
	runlog.StopCleanly: "stop", runlog.StopNow: "stop now", runlog.SaveCheckpoint: "write a checkpoint",
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
		return requested{request{id: id, dir: dir, kind: kind, since: now}, err}
	}
	return tea.Batch(m.resume(), leave)
}

func (m *model) requestCheckpoint() tea.Cmd {
	r := m.run()
	if r == nil {
		return nil
	}
	if s := r.Status(); s != runlog.Running && s != runlog.Silent {
		m.say("%s does not train (%s): no checkpoint can be written", m.theme.clean(r.Name), s)
		return nil
	}
	return m.request(r.Dir, runlog.SaveCheckpoint)
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
		if what, ok := answer(run.History.Events, q.id); ok {
			m.say("%s: %s", m.theme.clean(run.Name), m.theme.clean(what))
			continue
		}
		if s := run.Status(); s != runlog.Running && s != runlog.Silent {
			m.say("%s: %s before it answered", m.theme.clean(run.Name), s)
			continue
		}
		if !q.late && m.now.Sub(q.since) > answerTime {
			q.late = true
			m.say("%s has not answered for %s: it looks between its calls to the backend", m.theme.clean(run.Name), duration(answerTime))
		}
		waiting = append(waiting, q)
	}
	m.waiting = waiting
}

func answer(events []runlog.Event, id string) (what string, ok bool) {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].ID == id {
			return events[i].What, true
		}
	}
	return "", false
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
