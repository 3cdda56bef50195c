package train

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/runlog"
)

// ConfigChangedError reports a configuration that cannot continue a run.
type ConfigChangedError struct {
	Dir string
	// Differences from the run's own configuration that are not allowed.
	Differences []config.Difference
}

func (e *ConfigChangedError) Error() string {
	return fmt.Sprintf("resuming %s with a changed configuration: %s (only %s may change; for the rest train a new run)",
		e.Dir, joinDifferences(e.Differences), strings.Join(mutable(), ", "))
}

// mutable are the paths of the keys that a resumed run may change.
func mutable() []string {
	var paths []string
	for _, k := range option.Document((&Config{}).Table()) {
		if k.Mutable {
			paths = append(paths, k.Path)
		}
	}
	return paths
}

func joinDifferences(ds []config.Difference) string {
	texts := make([]string, len(ds))
	for i, d := range ds {
		texts[i] = d.String()
	}
	return strings.Join(texts, ", ")
}

// RunConfig reads the configuration of the run in dir, changed by overrides. The error is runlog.ErrNoRun when there is
// no run, and runlog.ErrForeign when the configuration there is not the run's.
func RunConfig(dir string, sets []string) (*Config, error) {
	_, text, err := maskflow.ReadRun(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, runlog.ConfigFile)
	c, err := ParseConfig(path, text, nil)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be resumed: %w", dir, config.Brief(err))
	}
	if sets != nil {
		return ParseConfig(path, text, sets)
	}
	return c, nil
}

// CheckResume compares a configuration with that of the run in dir and returns
// what a resumption would change. What c leaves to the columns it takes from the run. The
// error is a *ConfigChangedError when it differs in more than how training goes on (rate,
// clipping, schedule, batch, limits, logging, checkpoints, evaluation), else those of
// [RunConfig].
func CheckResume(dir string, c *Config) ([]config.Difference, error) {
	own, err := RunConfig(dir, nil)
	if err != nil {
		return nil, err
	}
	if err := c.Follow(&own.Config); err != nil {
		return nil, err
	}
	all := config.Diff(own.Table(), c.Table())
	var refused []config.Difference
	for _, d := range all {
		if !d.Mutable {
			refused = append(refused, d)
		}
	}
	if refused != nil {
		return nil, &ConfigChangedError{Dir: dir, Differences: refused}
	}
	return all, checkSize(dir, own)
}

// LoadData reads the rows of the run in dir to continue it, as its last whole checkpoint
// prepares them: relative sources are looked for in dataDir, "" being the folder that the run remembers.
func LoadData(ctx context.Context, dir string, c *Config, dataDir string) (*data.Splits, error) {
	if c == nil {
		return nil, errors.New("a run needs a configuration")
	}
	o := c.DataOptions()
	o.Dir = dataDir
	if dataDir == "" {
		if run, err := runlog.ReadManifest(dir); err == nil { // else it says what is wrong later
			o.Dir = run.DataFolder("")
		}
	}
	if _, saved, err := head(dir); err == nil { // else the run begins anew, or says what is wrong
		o.Prep, o.NoiseByPlace = saved.Preparation, saved.Preparation == nil
	}
	return source.Load(ctx, o)
}

// head is the description of the newest checkpoint of the run in dir, with the shapes of its tensors. The error is
// checkpoint.ErrNone where the run has come to none yet.
func head(dir string) (s *checkpoint.State, saved maskflow.Meta, err error) {
	manifest, err := runlog.ReadManifest(dir)
	if err != nil {
		return nil, saved, err
	}
	run, err := files.OpenFolder(dir)
	if err != nil {
		return nil, saved, err
	}
	defer run.Close() //nolint:errcheck // nothing is written
	s, err = checkpoint.In(run.Sub(runlog.CheckpointsDir), func(s *checkpoint.State) error {
		saved = maskflow.Meta{}
		return cmp.Or(json.Unmarshal(s.Meta, &saved), saved.Owner(manifest))
	}).Head()
	if errors.Is(err, checkpoint.ErrNone) && hasStates(run) {
		err = errors.New(err.Error() + " (to begin anew, empty the folder)") // no ErrNone: there were some
	}
	return s, saved, err
}

// checkSize compares the size of the model of a run with that of its newest checkpoint, before anything is made of it.
func checkSize(dir string, own *Config) error {
	s, saved, err := head(dir)
	if errors.Is(err, checkpoint.ErrNone) {
		return nil
	}
	if err == nil {
		err = saved.Check(s, &own.Config)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be resumed: %w", dir, err)
	}
	return nil
}

// takeOver continues from the last whole checkpoint of the run directory, or from the
// beginning when the run had not come to its first.
func (r *run) takeOver() error {
	changed, err := CheckResume(r.o.Dir, r.c)
	if err != nil {
		return err
	}
	var events []string
	manifest, text, err := maskflow.ReadRun(r.o.Dir)
	if err != nil {
		return err
	}
	if manifest.ConfigNext != "" && manifest.ConfigNext == runlog.ConfigHash(text) {
		events = append(events, "a resumption that was killed had changed the configuration")
	}
	if len(changed) > 0 {
		events = append(events, "changed "+joinDifferences(changed))
	}
	r.trainer.run = manifest
	found, err := r.checkpoints().Latest()
	switch {
	case err == nil:
		for _, damaged := range found.Damaged {
			events = append(events, "passed over a damaged checkpoint: "+damaged.Error())
		}
		if err := r.upgrade(found.State); err != nil {
			return fmt.Errorf("%s: %w", found.Path, err)
		}
		if err := r.trainer.restore(found.State, r.o.ChangedData); err != nil {
			return fmt.Errorf("%s: %w", found.Path, err)
		}
		if now := r.changed(); len(now) > 0 && r.o.ChangedData {
			events = append(events, "continued on changed data: "+strings.Join(now, "; "))
		}
		r.saved = r.moment()
		at, limit := r.trainer.p, r.c.Train
		if limit.MaxEpochs > 0 && limit.MaxEpochs < at.Epoch || limit.MaxSteps > 0 && int64(limit.MaxSteps) < at.Step {
			return fmt.Errorf("%s has come to epoch %d and step %d: a smaller train.max_epochs or train.max_steps would not describe it", r.o.Dir, at.Epoch, at.Step)
		}
	case !errors.Is(err, checkpoint.ErrNone):
		return err
	case hasStates(r.w.Files()):
		return fmt.Errorf("%w (to begin anew, empty the folder)", err)
	}
	if text, err = config.Marshal(r.c.Table()); err != nil {
		return err
	}
	if err := r.w.ReplaceConfig(text); err != nil {
		return err
	}
	if err := r.start(true); err != nil {
		return err
	}
	for _, what := range events {
		if err := r.write(runlog.Event{What: what}); err != nil {
			return err
		}
	}
	return nil
}

// own returns an error for a checkpoint that is not of this run.
func (r *run) own(s *checkpoint.State) error {
	var saved maskflow.Meta
	if err := json.Unmarshal(s.Meta, &saved); err != nil {
		return fmt.Errorf("its description cannot be read: %w", err)
	}
	return saved.Owner(r.trainer.run)
}

// hasStates reports whether a run directory has checkpoints, whole or not. That of the best weights is never the first.
func hasStates(run *files.Folder) bool {
	entries, err := run.Sub(runlog.CheckpointsDir).Entries()
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), "step-") || e.Name() == checkpoint.Best })
}

// upgrade makes a checkpoint of version 0.1.0 one that the trainer can restore. There
// the rows were summed before the logit and the scale, which can no longer be compared.
func (r *run) upgrade(s *checkpoint.State) error {
	var saved meta
	if err := json.Unmarshal(s.Meta, &saved); err != nil || saved.Preparation != nil || saved.Training == nil {
		return nil // Restore reports what is wrong
	}
	if _, err := maskflow.Upgrade(s, &r.c.Config, r.model); err != nil || r.c.Data.Logit == 0 && !r.c.Data.Standardise {
		return err
	}
	saved.Training.Data = ""
	text, err := json.Marshal(saved)
	s.Meta = text
	return err
}
