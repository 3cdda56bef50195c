package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/runlog"
)

// mayChange are the keys that a resumption may change: how long training goes
// on and what is written on the way, not what is trained. So may every key of
// evalSection, which says how a likelihood is estimated.
var mayChange = []string{"train.max_epochs", "train.max_steps", "train.look_ahead", "train.checkpoint_every", "train.log_every"}

const evalSection = "eval."

// ConfigChangedError reports a configuration that cannot continue a run.
type ConfigChangedError struct {
	Dir string
	// Differences from the run's own configuration that are not allowed.
	Differences []config.Difference
}

func (e *ConfigChangedError) Error() string {
	return fmt.Sprintf("resuming %s with a changed configuration: %s (only %s and %s* may change; for the rest train a new run)",
		e.Dir, joinDifferences(e.Differences), strings.Join(mayChange, ", "), evalSection)
}

func joinDifferences(ds []config.Difference) string {
	texts := make([]string, len(ds))
	for i, d := range ds {
		texts[i] = d.String()
	}
	return strings.Join(texts, ", ")
}

// CheckResume compares a configuration with that of the run in dir and returns
// what a resumption would change. The error is a *ConfigChangedError when it
// differs in more than limits, logging, checkpoints and evaluation, and
// runlog.ErrNoRun when there is no run.
func CheckResume(dir string, c *config.Config) ([]config.Difference, error) {
	if _, err := runlog.ReadManifest(dir); err != nil {
		return nil, err
	}
	own, err := config.Load(filepath.Join(dir, runlog.ConfigFile), nil)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be resumed: %w", dir, err)
	}
	all := config.Diff(own, c)
	var refused []config.Difference
	for _, d := range all {
		if !slices.Contains(mayChange, d.Path) && !strings.HasPrefix(d.Path, evalSection) {
			refused = append(refused, d)
		}
	}
	if refused != nil {
		return nil, &ConfigChangedError{Dir: dir, Differences: refused}
	}
	return all, nil
}

// resume takes over the run directory and continues from its last whole
// checkpoint, or from the beginning when the run had not come to its first.
func (r *run) resume(process runlog.Process, options runlog.Options) error {
	var err error
	if r.w, err = runlog.Resume(r.o.Dir, process, options); err != nil {
		return err
	}
	if err := r.takeOver(); err != nil {
		return errors.Join(err, r.w.Close())
	}
	return nil
}

func (r *run) takeOver() error {
	changed, err := CheckResume(r.o.Dir, r.c)
	if err != nil {
		return err
	}
	var events []string
	if len(changed) > 0 {
		events = append(events, "changed "+joinDifferences(changed))
	}
	found, err := checkpoint.Latest(r.checkpoints())
	switch {
	case err == nil:
		for _, damaged := range found.Damaged {
			events = append(events, "passed over a damaged checkpoint: "+damaged.Error())
		}
		if err := r.upgrade(found.State); err != nil {
			return fmt.Errorf("%s: %w", found.Path, err)
		}
		if err := r.trainer.Restore(found.State); err != nil {
			return fmt.Errorf("%s: %w", found.Path, err)
		}
		r.saved = r.moment()
		if limit := r.c.Train; limit.MaxEpochs > 0 && limit.MaxEpochs < r.trainer.Epoch() || limit.MaxSteps > 0 && int64(limit.MaxSteps) < r.trainer.Step() {
			return fmt.Errorf("%s has come to epoch %d and step %d: a smaller train.max_epochs or train.max_steps would not describe it", r.o.Dir, r.trainer.Epoch(), r.trainer.Step())
		}
	case !errors.Is(err, checkpoint.ErrNone):
		return err
	case hasStates(r.checkpoints()):
		return fmt.Errorf("%w (to begin anew, remove the damaged files)", err)
	}
	text, err := r.c.Marshal()
	if err != nil {
		return err
	}
	if err := r.w.ReplaceConfig(text); err != nil {
		return err
	}
	if err := r.shows.recall(r.trainer, r.w.Elapsed()); err != nil {
		return err
	}
	if err := r.write(runlog.Start{Step: r.trainer.Step(), Resumed: true}); err != nil {
		return err
	}
	for _, what := range events {
		if err := r.write(runlog.Event{What: what}); err != nil {
			return err
		}
	}
	return nil
}

// hasStates says whether there are checkpoints of steps, whole or not.
func hasStates(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "step-*"))
	return err == nil && len(found) > 0
}

// upgrade makes a checkpoint of version 0.1.0 one that the trainer can restore. There
// the rows were summed before the logit and the scale, which can no longer be told.
func (r *run) upgrade(s *checkpoint.State) error {
	var saved meta
	if err := json.Unmarshal(s.Meta, &saved); err != nil || saved.Preparation != nil || saved.Training == nil {
		return nil // Restore reports what is wrong
	}
	if _, err := maskflow.Upgrade(s, r.c, r.model); err != nil || r.c.Data.Logit == 0 && !r.c.Data.Standardise {
		return err
	}
	saved.Training.Data = r.trainer.checksum
	text, err := json.Marshal(saved)
	s.Meta = text
	return err
}
