package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// followEvery is how often runs are looked at without a screen.
const followEvery = 500 * time.Millisecond

// awaitTime is how long a folder is waited for that is not there yet: its training may
// just be starting.
const awaitTime = 20 * time.Second

// await opens what is to be followed when it is there.
func (a *app) await(ctx context.Context, paths []string) (source *monitor.Source, err error) {
	a.console.line("waiting for %s", strings.Join(paths, ", "))
	for begin := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(followEvery):
		}
		if source, err = monitor.NewSource(paths, monitor.Options{}); err == nil || time.Since(begin) > awaitTime {
			return source, err
		}
	}
}

// follow prints what happens to runs, a line a thing, until every one has ended: for a
// pipe, a log, a dumb terminal. With named, every line begins with the name of its run.
func (a *app) follow(ctx context.Context, source *monitor.Source, q monitor.Query, named bool) error {
	var set monitor.Group
	f := &follower{query: q, named: named, told: map[string]*told{}, stuck: map[string]time.Time{}}
	for {
		u := source.Poll()
		set.Apply(u)
		f.look(&set, u.Now)
		if err := a.print("%s", f.lines.String()); err != nil {
			return err
		}
		f.lines.Reset()
		if u.More {
			continue
		}
		if going, err := f.going(&set, u.Now); !going {
			if err == nil && len(f.told) == 0 {
				err = errors.New("watching: no run passes --filter (leave it out, or see the values with --json)")
			}
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(followEvery):
		}
	}
}

// named reports whether the lines about runs need their names: unless the one path is a run.
func named(paths []string) bool {
	_, err := runlog.ReadManifest(paths[0])
	return len(paths) > 1 || err != nil
}

// A follower writes lines about the runs that pass a query, or once did.
type follower struct {
	query monitor.Query
	named bool
	told  map[string]*told     // by directory
	stuck map[string]time.Time // since when a run cannot be read, by directory
	lines strings.Builder
}

// told is what was said of a run.
type told struct {
	status      runlog.Status
	validations validations
	events      int
	trouble     string
}

// look writes what is new of all runs. What happened to a run before the first look is
// told by the state that it led to.
func (f *follower) look(set *monitor.Group, now time.Time) {
	for _, r := range set.Sorted(monitor.ByName, monitor.Query{}, now) {
		t := f.told[r.Dir]
		if t == nil {
			if r.Loading && r.Err == nil || !f.query.Match(r, now) {
				continue
			}
			t = &told{events: len(r.History.Events)}
			f.told[r.Dir] = t
		}
		f.tell(t, r, now)
	}
}

// stuckTime is how long a run that cannot be read is given, on a file system that hangs
// now and then.
const stuckTime = 3 * time.Second

// going reports whether anything may still happen to a run. Where that is no more, the
// error is of a run that could not be read to its end.
func (f *follower) going(set *monitor.Group, now time.Time) (going bool, err error) {
	for _, r := range set.Runs {
		waits := unread(r) || r.Status() == monitor.Unknown || r.Err != nil && !r.Gone && r.Status() != runlog.Running
		if !waits {
			delete(f.stuck, r.Dir)
			going = going || r.Status().Alive()
			continue
		}
		since, ok := f.stuck[r.Dir]
		if !ok {
			f.stuck[r.Dir], since = now, now
		}
		if now.Sub(since) < stuckTime {
			going = true
		} else if err == nil {
			err = fmt.Errorf("watching: %s cannot be read to its end", r.Dir)
			if r.Err != nil {
				err = fmt.Errorf("%w: %w", err, r.Err)
			}
		}
	}
	return going, err
}

// unread reports whether there are records that are known of and were not read yet.
func unread(r *monitor.Run) bool {
	return !r.Gone && (r.Loading || r.State != nil && r.State.End != nil && r.History.End == nil)
}

// tell writes what is new of a run.
func (f *follower) tell(t *told, r *monitor.Run, now time.Time) {
	trouble := fmt.Sprint(r.Err)
	if r.Err != nil && trouble != t.trouble {
		f.line(r, "cannot be read: %s", trouble)
	}
	t.trouble = trouble
	status := r.Status()
	if unread(r) || status == monitor.Unknown {
		return
	}
	events := r.History.Events
	for _, e := range events[min(t.events, len(events)):] {
		f.line(r, "%s", e.What)
	}
	t.events = len(events)
	if n := len(r.History.Valid); n > 0 {
		v, figures := &r.History.Valid[n-1], r.Figures(now)
		elapsed := time.Duration(float64(v.Time) * float64(time.Second))
		t.validations.conditional = r.Manifest.Conditional()
		if line := t.validations.next(v, figures.Best, float64(figures.EMA), elapsed, now, !status.Alive()); line != "" {
			f.line(r, "%s", line)
		}
	}
	if status != t.status {
		f.tellStatus(r, status, t.status == "", now)
		t.status = status
	}
}

// tellStatus tells that a run came to stand otherwise, or how it stands at first.
func (f *follower) tellStatus(r *monitor.Run, status runlog.Status, first bool, now time.Time) {
	figures := r.Figures(now)
	step := text.Grouped(figures.Step)
	switch {
	case status == runlog.Silent:
		f.line(r, "silent: no news for %s, and from here it cannot be seen whether its process lives; waiting for more", text.Duration(figures.Quiet.Seconds()))
	case status == runlog.Running && !first:
		f.line(r, "running again, at step %s", step)
	case status == runlog.Running:
		if figures.Valid == nil {
			f.line(r, "running at step %s, not validated yet", step)
		}
	case status == runlog.Crashed:
		f.line(r, "crashed at step %s: its process ended without a report (%s may have the reason; continue: maskflow train --resume --run %s)",
			step, filepath.Join(r.Dir, runlog.StderrFile), text.Shell(r.Dir))
	case status == monitor.Deleted:
		f.line(r, "deleted")
	default:
		f.line(r, "%s", endText(status, r))
	}
}

// endText is how a run says that it ended.
func endText(status runlog.Status, r *monitor.Run) string {
	e := r.History.End
	if e == nil {
		return string(status)
	}
	line := string(status) + " at step " + text.Grouped(e.Step)
	if e.Test != nil {
		line += ", test " + e.Test.Figure() + " " + text.Mean(e.Test.NLL, e.Test.Others, e.Test.NLL2SE, e.Test.BadRows) + " nats a row"
		if above := r.TestAbove(); above != nil {
			line += ", " + text.Above(*above)
		}
	}
	if e.Error != "" {
		line += ": " + e.Error
	}
	return line
}

// line writes a line about a run. Names of files and texts of a log may be anything.
func (f *follower) line(r *monitor.Run, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if f.named {
		line = r.Name + "  " + line
	}
	f.lines.WriteString(text.Plain(line) + "\n")
}
