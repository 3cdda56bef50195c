package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// SeedsOptions say how an ensemble is trained. Of those of a run, Dir is the folder of the runs and Resume continues the
// ensemble in it.
type SeedsOptions struct {
	RunOptions
	// Seeds is the number of networks: with those of an ensemble that is resumed, of which it may be more; 0 is their number then.
	Seeds int
	// Around, if not nil, is called for each run that is begun or continued, and calls run to do it: it may show the run.
	Around func(m Member, run func() (*Summary, error)) (*Summary, error)
}

// Member is a run of an ensemble.
type Member struct {
	Dir    string `json:"run"`
	Seed   uint64 `json:"seed"`
	Resume bool   `json:"-"`
	Last   bool   `json:"-"` // of the ensemble
	// Status is how it ended; "" before.
	Status runlog.Status `json:"status"`
	// Steps is the number of its training steps.
	Steps int64 `json:"steps"`
}

// SeedsSummary is how the training of an ensemble ended.
type SeedsSummary struct {
	Dir    string        `json:"run"`
	Status runlog.Status `json:"status"`
	// Members are those that have begun, in the order of their seeds.
	Members []Member `json:"members"`
	// Seconds is how long this process took.
	Seconds float64 `json:"seconds"`
	// Test is the evaluation of the ensemble on the test rows, nil when the training ended without one.
	Test      *maskflow.Evaluation  `json:"test,omitempty"`
	Baselines []baseline.Comparison `json:"baselines,omitempty"`
	// Twins are the test rows that training had, too; nil where there are none.
	Twins *baseline.Twinned `json:"twins,omitempty"`
	// DataChanged is not nil when a run was continued on other rows, and lists what differs.
	DataChanged []string `json:"data_changed,omitempty"`
	// Ended is the run that ended the training where it is not complete, nil otherwise.
	Ended *Summary `json:"-"`
}

// Tested is the name of the rows that Test is of; see [Summary.Tested].
func (s *SeedsSummary) Tested() string { return (&Summary{DataChanged: s.DataChanged}).Tested() }

// RunSeeds trains networks that differ by their seeds alone, c.Seed and those after it, one after the other, on the same rows
// of the same splits: each as [Run] does, in a directory seed-SEED of o.Dir, whose [runlog.Members] name them. The first is
// the run that Run trains. At the end it evaluates their ensemble on the test rows. What ends a run ends the
// training, too, but for a request to stop that run and test it; to resume continues the first run that is not
// complete. A run that is complete is continued where the configuration has changed. The error is that of Run, and one
// for models that have no likelihoods to be averaged.
func RunSeeds(ctx context.Context, b *backend.Backend, c *Config, splits *data.Splits, o SeedsOptions) (*SeedsSummary, error) {
	if b == nil || c == nil || splits == nil {
		return nil, errors.New("a run needs a backend, a configuration and rows")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Around == nil {
		o.Around = func(_ Member, run func() (*Summary, error)) (*Summary, error) { return run() }
	}
	d, err := c.NewModel(splits.Dim, splits.ContextDim, maskflow.Variables(splits.Prep)...)
	if err == nil {
		err = maskflow.CheckMember(d)
	}
	if err != nil {
		return nil, err
	}
	members, err := membersOf(c, o)
	if err != nil {
		return nil, err
	}
	s, begin := &SeedsSummary{Dir: o.Dir, Status: runlog.Done}, o.Clock()
	for k, dir := range members.Paths(o.Dir) {
		own := *c
		own.Seed = members.Seeds[k]
		m, complete, err := memberState(dir, &own, o)
		m.Last = k == len(members.Runs)-1
		if err == nil && !complete {
			err = splits.Redraw(0) // a run before may have left them with other noise
		}
		if err == nil && !complete {
			s.Ended, err = o.Around(m, func() (*Summary, error) {
				run := o.RunOptions
				run.Dir, run.Resume = dir, m.Resume
				return Run(ctx, b, &own, splits, run)
			})
			if s.Ended != nil {
				m.Status, m.Steps = s.Ended.Status, s.Ended.Steps
				complete = m.Status == runlog.Done || m.Status == runlog.Stopped && s.Ended.Test != nil && err == nil
			}
		}
		s.Seconds = o.Clock().Sub(begin).Seconds()
		if m.Status != "" {
			s.Members = append(s.Members, m)
		}
		if !complete || err != nil {
			if s.Status = cmp.Or(m.Status, runlog.Failed); s.Members != nil {
				return s, err
			}
			if _, none := runlog.ReadManifest(dir); k == 0 && !o.Resume && errors.Is(none, runlog.ErrNoRun) { // nothing has begun
				_ = os.Remove(filepath.Join(o.Dir, runlog.MembersFile))
			}
			return nil, err
		}
		s.Ended = nil
	}
	if err := s.test(ctx, b, splits); err != nil {
		if s.Status = runlog.Failed; ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			s.Status, err = runlog.Stopped, interruption{err}
		}
		return s, err
	}
	s.Seconds = o.Clock().Sub(begin).Seconds()
	return s, nil
}

// membersOf makes the folder of an ensemble, or finds what there is of one that is resumed, and adds to it.
func membersOf(c *Config, o SeedsOptions) (*runlog.Members, error) {
	there, err := runlog.ReadMembers(o.Dir)
	if err != nil {
		return nil, err
	}
	n := o.Seeds
	switch {
	case there == nil && o.Resume:
		return nil, fmt.Errorf("%s holds no ensemble (no %s in it)", o.Dir, runlog.MembersFile)
	case !o.Resume:
		if err := runlog.Vacant(o.Dir); err != nil {
			return nil, err
		}
	case n == 0 || n == len(there.Runs):
		return there, nil
	case n < len(there.Runs):
		return nil, fmt.Errorf("%s is an ensemble of %s, not of %d", o.Dir, text.Count(len(there.Runs), "run"), n)
	}
	if n < 1 || n > runlog.MostMembers {
		return nil, fmt.Errorf("%d seeds: an ensemble has from 1 to %d", n, runlog.MostMembers)
	}
	first := c.Seed
	if there != nil {
		first = there.Seeds[0]
	}
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = first + uint64(i)
	}
	if there != nil && !slices.Equal(seeds[:len(there.Seeds)], there.Seeds) {
		return nil, fmt.Errorf("%s: the seeds of its members do not follow each other, so that no more can be added", filepath.Join(o.Dir, runlog.MembersFile))
	}
	return runlog.WriteMembers(o.Dir, seeds)
}

// memberState is a member as it is found, which is complete or to be begun or continued.
func memberState(dir string, c *Config, o SeedsOptions) (m Member, complete bool, err error) {
	m = Member{Dir: dir, Seed: c.Seed}
	state, err := runlog.ReadState(dir, o.Clock())
	if errors.Is(err, runlog.ErrNoRun) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	m.Resume = true
	changed, err := CheckResume(dir, c)
	if err != nil {
		return m, false, err
	}
	if end := state.End; end != nil {
		m.Status, m.Steps = end.Status, end.Step
		complete = len(changed) == 0 && (end.Status == runlog.Done || end.Status == runlog.Stopped && end.Test != nil)
	}
	return m, complete, nil
}

// test evaluates the ensemble on the test rows, if there are any.
func (s *SeedsSummary) test(ctx context.Context, b *backend.Backend, splits *data.Splits) error {
	if splits.Test == nil || splits.Test.Rows == 0 {
		return nil
	}
	e, err := maskflow.OpenEnsemble(b, s.Dir)
	if err != nil {
		return err
	}
	defer e.Close()
	for _, m := range e.Members() {
		if m.Data != nil && m.Data.Changed != nil && s.DataChanged == nil {
			s.DataChanged = m.Data.Changed
		}
	}
	var logp []float64
	found, err := e.EvaluateOf(ctx, slices.Repeat([]*data.Prepared{splits.Test}, len(s.Members)), maskflow.EvalOptions{Row: func(v float64) { logp = append(logp, v) }})
	if err != nil {
		return err
	}
	s.Test = &found
	if s.Baselines, err = baseline.Compare(ctx, splits, splits.Test, logp); err != nil {
		return err
	}
	s.Twins, err = baseline.OfTwins(splits, splits.Test, logp)
	return err
}
