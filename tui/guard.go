package tui

import (
	"fmt"
	"sync"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
)

// guarded is the model as Bubble Tea has it. A panic in the model, or in one of its
// commands, ends the program in order and is an error of [Monitor.Run]; Bubble Tea
// itself would print a stack over what was on the screen.
type guarded struct {
	m *model

	mu     sync.Mutex // commands run beside the model
	failed error
}

func (g *guarded) Init() (cmd tea.Cmd) {
	defer func() {
		if g.fail(recover()) {
			cmd = tea.Quit
		}
	}()
	return g.command(g.m.Init())
}

func (g *guarded) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	defer func() {
		if g.fail(recover()) {
			next, cmd = g, tea.Quit
		}
	}()
	if g.failure() != nil {
		return g, tea.Quit
	}
	_, cmd = g.m.Update(msg)
	cmd = g.command(cmd)
	return g, cmd
}

// View is an empty screen once something has failed: the next message, of which the
// poll brings one soon, ends the program.
func (g *guarded) View() (v tea.View) {
	defer func() {
		if g.fail(recover()) {
			v = tea.View{AltScreen: true}
		}
	}()
	if g.failure() != nil {
		return tea.View{AltScreen: true}
	}
	return g.m.View()
}

// command guards a command, and those that it is a batch of.
func (g *guarded) command(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if g.fail(recover()) {
				msg = tea.Quit()
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			all := make(tea.BatchMsg, len(batch))
			for i := range batch {
				all[i] = g.command(batch[i])
			}
			return all
		}
		return msg
	}
}

// fail keeps what a panic was about, and says whether there was one.
func (g *guarded) fail(panicked any) bool {
	if panicked == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed == nil {
		g.failed = fmt.Errorf("the monitor failed and was closed: %v at %s (please report it); the runs go on", panicked, text.PanicSite())
	}
	return true
}

func (g *guarded) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed
}

// gate lets nobody read the runs any more once the monitor has ended: commands outlive
// it, and whoever gave it the source closes that then.
type gate struct {
	mu   sync.Mutex
	shut bool
}

// poll is the news of a source, or nothing behind a shut gate.
func (g *gate) poll(source *monitor.Source) tea.Msg {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return nil
	}
	return news{update: source.Poll()}
}

// close waits for the look that is on its way.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}
