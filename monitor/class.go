package monitor

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/runlog"
)

// A Class is runs whose likelihoods can be compared: what they are of is the same in all, as [runlog.Basis] has it.
type Class struct {
	// Runs are those of the class: the best validation first, those without one last. Where it is not known what
	// likelihoods are of they are not ranked.
	Runs []*Run
	// Apart is what sets the class apart from the first: figure, columns, steps or rows, numbered where several classes
	// differ in the same; [Unrecorded]; "" for the first.
	Apart string
}

// Unrecorded is what sets runs apart of which it is not known what their likelihoods are of: they are compared with none.
const Unrecorded = "unknown"

// Ranked reports whether the runs of the class are compared with each other.
func (c *Class) Ranked() bool { return c.Apart != Unrecorded }

// classesOf divides runs, the largest class first, and of equal ones that of the first run. Runs of which it is not known
// what their likelihoods are of are the last class.
func classesOf(runs []*Run) (all []Class) {
	byBasis := map[runlog.Basis]*Class{}
	var bases []runlog.Basis
	unknown := Class{Apart: Unrecorded}
	for _, r := range runs {
		b, known := r.basis()
		switch c := byBasis[b]; {
		case !known:
			unknown.Runs = append(unknown.Runs, r)
		case c == nil:
			byBasis[b] = &Class{Runs: []*Run{r}}
			bases = append(bases, b)
		default:
			c.Runs = append(c.Runs, r)
		}
	}
	slices.SortStableFunc(bases, func(a, b runlog.Basis) int { return len(byBasis[b].Runs) - len(byBasis[a].Runs) })
	times := map[string]int{}
	for i, b := range bases {
		c := byBasis[b]
		slices.SortStableFunc(c.Runs, func(a, b *Run) int { return compareBest(a.index.best, b.index.best) })
		if i > 0 {
			word := apart(bases[0], b)
			if c.Apart = word; times[word] > 0 {
				c.Apart = fmt.Sprint(word, " ", times[word]+1)
			}
			times[word]++
		}
		all = append(all, *c)
	}
	if len(unknown.Runs) > 0 {
		all = append(all, unknown)
	}
	return all
}

// apart is the first thing in which likelihoods are of something else.
func apart(a, b runlog.Basis) string {
	switch {
	case a.Figure != b.Figure:
		return "figure"
	case a.Columns != b.Columns:
		return "columns"
	case a.Steps != b.Steps:
		return "steps"
	}
	return "rows"
}

// basis is what the likelihoods of the run are of now. Of a run whose log does not have it, it is what its settings say,
// where they name a published data set, a generator or a target: a file may have been another then.
func (r *Run) basis() (b runlog.Basis, known bool) {
	starts := r.History.Starts
	if n := len(starts); n > 0 && starts[n-1].Basis != nil {
		return *starts[n-1].Basis, true
	}
	name, _ := r.Setting("data.source")
	if r.Manifest == nil || kinds()[name] == "" {
		return b, false
	}
	var of strings.Builder
	of.WriteString(r.Manifest.Versions.Maskflow + "\n" + r.Manifest.DataDir + "\n")
	for _, v := range r.Config {
		if strings.HasPrefix(v.Path, "data.") || v.Path == "model.output" || v.Path == "eval.valid_samples" {
			of.WriteString(v.Path + "=" + v.Text + "\n")
		}
	}
	return runlog.Basis{Figure: r.Objective(), Valid: of.String()}, true
}

// kinds are those of the sources that are no files, by name.
var kinds = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, s := range source.List() {
		if s.Kind != "file" && s.Kind != "folder" {
			all[s.Name] = s.Kind
		}
	}
	return all
})

// Objective is the kind of what the training of the run makes large, as [runlog.Manifest] has it. Runs of version 0.1.0 do
// not name it.
func (r *Run) Objective() string {
	if m := r.Manifest; m != nil && m.Objective != "" {
		return m.Objective
	}
	if name, _ := r.Setting("data.source"); kinds()[name] == "target" {
		return "divergence"
	}
	if _, latent := r.Setting("model.latent"); latent {
		return "bound"
	}
	return "likelihood"
}

// Above is how many nats a row the run's best validation is better than independent columns on the same rows, which does
// not change with units; nil where either is not known.
func (r *Run) Above() *runlog.Float {
	n := len(r.History.Starts)
	if n == 0 || r.index.best == nil {
		return nil
	}
	return above(r.History.Starts[n-1].Independent, r.index.best.OfOthers())
}

// TestAbove is the same of the test.
func (r *Run) TestAbove() *runlog.Float {
	if e := r.History.End; e != nil && e.Test != nil {
		return above(e.Test.Independent, e.Test.OfOthers())
	}
	return nil
}

func above(independent *runlog.Float, nll runlog.Float) *runlog.Float {
	if independent == nil {
		return nil
	}
	return new(*independent - nll)
}
