package monitor

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/runlog"
)

// What [Run.Status] says beyond what is read of a run.
const (
	Deleted runlog.Status = "deleted" // the directory was removed
	Unknown runlog.Status = "unknown" // no look at the run succeeded yet
)

// A Run is what is known of a run. Its fields are to be read only.
//
// The History takes 48 bytes a train record.
type Run struct {
	Dir      string           // as the [Source] was given it, or found it
	Name     string           // the shortest end of Dir that no other run of the [Group] shares
	Manifest *runlog.Manifest // nil until read
	Config   []config.Value   // in the order of the file, nil until read
	History  runlog.History
	State    *runlog.State // nil until seen; see [Run.Status]
	Gone     bool          // the directory was removed; what was read of it stays
	Err      error         // why the last look failed; nil after a good one
	Stderr   []string      // the last 500 lines of stderr.log as plain text of at most 500 characters
	Samples  *Samples      // the latest that could be read, or nil
	Density  *Grid         // the latest that could be read, or nil
	Loading  bool          // records that were there at first are still being read

	looked time.Time // when State was found
	clock  float64   // seconds of training at the last record
	index  index
}

// apply takes in what is new.
func (r *Run) apply(u *RunUpdate, now time.Time) {
	r.Gone, r.Err = u.Gone, u.Err
	if u.Gone {
		return
	}
	r.Loading = u.Loading
	r.Manifest, r.State = cmp.Or(u.Manifest, r.Manifest), cmp.Or(u.State, r.State)
	if u.State != nil {
		r.looked = now
	}
	if u.Config != nil {
		r.Config = u.Config
	}
	r.applyBatch(&u.Batch)
	r.Samples, r.Density = cmp.Or(u.Samples, r.Samples), cmp.Or(u.Density, r.Density)
	if u.Stderr != nil {
		r.Stderr = u.Stderr
	}
}

// applyBatch takes in records.
func (r *Run) applyBatch(b *runlog.Batch) {
	before := r.History.Revision
	r.History.Add(*b)
	r.index.grow(&r.History)
	if b.Reset {
		r.clock = 0
	}
	if n := len(b.Records); n > 0 {
		if t := runlog.TimeOf(b.Records[n-1]); t >= 0 && num.Finite(t) {
			r.clock = t
		}
	}
	if r.History.Revision == before {
		return
	}
	// Pictures that were drawn from weights that a resumption undid.
	h := &r.History
	if s := r.Samples; s != nil && !slices.ContainsFunc(h.Samples, func(x runlog.Samples) bool { return x.Step == s.Step }) {
		r.Samples = nil
	}
	if d := r.Density; d != nil && !slices.ContainsFunc(h.Densities, func(x runlog.Density) bool { return x.Step == d.Step }) {
		r.Density = nil
	}
}

// Generation changes when records of the History were taken back or replaced:
// the run was rewound by a resumption, or its log is another. Whoever indexes a
// series or a curve has to start over then. While it stays they only grow.
func (r *Run) Generation() uint64 { return r.History.Revision }

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

// Setting returns the value at a path of the configuration as YAML text. The
// path may be the tail of one, such as hidden for model.hidden, when no other
// path has that tail.
func (r *Run) Setting(path string) (text string, ok bool) {
	if path == "" {
		return "", false
	}
	tails := 0
	for _, v := range r.Config {
		if v.Path == path {
			return v.Text, true
		}
		if section, found := strings.CutSuffix(v.Path, path); found && strings.HasSuffix(section, ".") {
			text = v.Text
			tails++
		}
	}
	if tails != 1 {
		return "", false
	}
	return text, true
}

// A Difference is a key of configurations whose value is not the same in all.
type Difference struct {
	Path  string
	Texts []string // of each run as YAML text, "" where it does not have the key
}

// Diff returns the keys whose values differ among the runs, in the order of
// the first file that has them. The name of a run, which always differs, counts
// like any other key; a run whose configuration is not known is left out, with
// empty texts.
func Diff(runs []*Run) []Difference {
	var paths []string
	texts := map[string][]string{}
	known := func(r *Run) bool { return r != nil && r.Config != nil }
	for i, r := range runs {
		if !known(r) {
			continue
		}
		for _, v := range r.Config {
			if texts[v.Path] == nil {
				texts[v.Path] = make([]string, len(runs))
				paths = append(paths, v.Path)
			}
			texts[v.Path][i] = v.Text
		}
	}
	first := slices.IndexFunc(runs, known)
	var differences []Difference
	for _, path := range paths {
		for i, text := range texts[path] {
			if known(runs[i]) && text != texts[path][first] {
				differences = append(differences, Difference{path, texts[path]})
				break
			}
		}
	}
	return differences
}
