package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// trainSeeds trains the networks of an ensemble, one after the other, and reports what they are together.
func (a *app) trainSeeds(ctx context.Context, b *backend.Backend, c *train.Config, splits *data.Splits, w *watchedRun,
	d models.Definition, f figures, o train.SeedsOptions) error {
	first, hold := true, w.hold
	o.Around = func(m train.Member, run func() (*train.Summary, error)) (*train.Summary, error) {
		if !first { // what the first has printed is the same for all
			w.progress = newProgress(a.console, c, w.progress.quiet)
			w.progress.lines.conditional = f.targets != nil
		}
		first, w.hold = false, hold && m.Last
		return w.run(ctx, m.Dir, run)
	}
	s, err := train.RunSeeds(ctx, b, c, splits, o)
	if changed := (*train.ConfigChangedError)(nil); errors.As(err, &changed) {
		return usage(err)
	}
	if s == nil {
		return a.trained(ctx, nil, err, d, c, f, splits, o.Dir)
	}
	if s.Test != nil {
		f.names = nil
		for _, m := range s.Members {
			f.names = append(f.names, m.Dir)
		}
	}
	if a.json {
		if err := a.writeJSON(seedsJSON(s, f, splits)); err != nil {
			return err
		}
	}
	resume := a.resumeCommand(s.Dir)
	switch {
	case s.Ended != nil && err != nil:
		return a.trained(ctx, s.Ended, err, d, c, f, splits, s.Dir)
	case cancelled(ctx, err):
		return &exitError{codeInterrupted, fmt.Errorf("training %s: interrupted (continue: %s)", s.Dir, resume)}
	case err != nil:
		return fmt.Errorf("training %s: %w (continue: %s)", s.Dir, err, resume)
	case a.json:
		return nil
	}
	return a.print("%s", seedsText(s, d, f, splits, resume))
}

// seedsJSON is the summary of an ensemble whose evaluation looks as in eval --json, with what the columns of a table are.
func seedsJSON(s *train.SeedsSummary, f figures, of *data.Splits) any {
	out := struct {
		*train.SeedsSummary
		Test    *evaluationJSON `json:"test,omitempty"`
		Columns data.Schema     `json:"columns,omitempty"`
		Guesses []string        `json:"guesses,omitempty"`
	}{SeedsSummary: s, Columns: of.Prep.Schema(), Guesses: of.Guesses}
	if s.Test != nil {
		out.Test = new(f.json(*s.Test, s.Tested()))
	}
	return out
}

func seedsText(s *train.SeedsSummary, d models.Definition, f figures, of *data.Splits, resume string) string {
	b := listing{width: max(6, len(s.Tested()))}
	if e := s.Test; e != nil {
		b.add(s.Tested(), "%s", f.headline(*e, text.Count(e.Rows, "row")))
		for _, line := range append(f.further(*e), comparisons(s.Baselines, s.Twins)...) {
			b.add("", "%s", line)
		}
	}
	b.add("runs", "%s in %s (%s)", text.Count(len(s.Members), "run"), s.Dir, text.Duration(s.Seconds))
	if s.Status == runlog.Stopped {
		b.add("resume", "%s", resume)
		return b.String()
	}
	addNext(&b, s.Dir, "", d, of)
	return b.String()
}

// namesOf are the names of the members of an ensemble.
func namesOf(e *maskflow.Ensemble) (names []string) {
	for k := range e.Members() {
		names = append(names, e.Name(k))
	}
	return names
}
