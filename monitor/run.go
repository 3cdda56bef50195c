package monitor

import (
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/runlog"
)

// Deleted is the status of a run whose directory was removed.
const Deleted runlog.Status = "deleted"

// Unknown is the status of a run that could not be looked at yet.
const Unknown runlog.Status = "unknown"

// A Run is what is known of a run. Its fields are to be read only.
type Run struct {
	Dir      string           // as the [Source] was given it, or found it
	Name     string           // the end of Dir that no other run of the Set shares
	Manifest *runlog.Manifest // nil until read
	Config   []config.Value   // in the order of the file
	History  runlog.History
	State    *runlog.State // nil until seen; see [Run.Status]
	Gone     bool          // the directory was removed; what was read stays
	Err      error         // why the last look failed; nil after a good one
	Stderr   []string      // the last 500 lines of stderr.log, plain text
	Samples  *Samples      // the latest that could be read, or nil
	Density  *Grid         // the latest that could be read, or nil
	Loading  bool          // records that were there before are still being read

	generation uint64
}

// Generation changes when records of the History were taken back: the run was
// rewound by a resumption, or its log replaced. Whoever indexes a series of the
// History has to start over then. Otherwise series only grow.
func (r *Run) Generation() uint64 { return r.generation }

// Status says where the run stands: as [runlog.State] has it, or [Deleted], or
// [Unknown].
func (r *Run) Status() runlog.Status {
	switch {
	case r.Gone:
		return Deleted
	case r.State == nil:
		return Unknown
	}
	return r.State.Status
}

// Setting returns the value at a path of the configuration, as YAML text. The
// path may be the tail of one, such as hidden for model.hidden, when no other
// path has that tail.
func (r *Run) Setting(path string) (string, bool) {
	for _, v := range r.Config {
		if v.Path == path {
			return v.Text, true
		}
	}
	return "", false
}

func (r *Run) apply(u RunUpdate) {
	if u.Manifest != nil {
		r.Manifest = u.Manifest
	}
	if u.Config != nil {
		r.Config = u.Config
	}
	if u.State != nil {
		r.State = u.State
	}
	if u.Batch.Reset {
		r.generation++
	}
	r.History.Add(u.Batch)
	r.Gone, r.Err, r.Loading = u.Gone, u.Err, u.Loading
	r.Stderr = append(r.Stderr, u.Stderr...)
	if u.Samples != nil {
		r.Samples = u.Samples
	}
	if u.Density != nil {
		r.Density = u.Density
	}
}
