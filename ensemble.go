package maskflow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// Ensemble is the mixture of trained models of the same columns, each with the same weight:
//
//	p(x) = 1/M Σ_m p_m(x)
//
// Probabilities are averaged, never log-likelihoods: by Jensen's inequality the negative log-likelihood of any rows is at
// most the mean of those of the members. p_m of a member with several orders is the mean over them, and of a
// variational autoencoder an unbiased estimate by importance weights, so that the figures are upper bounds of the
// mixture's on average, as its own are. An ensemble of one is that model. Its methods may be called from several goroutines.
type Ensemble struct {
	members []*Model
	like    []int // of each member the first one that has its preparation
}

// NewEnsemble makes an ensemble of models, which Close closes. A model may be in it more than once. The error names the first column that is
// not the same in two models, and both; models that are fitted to a target, and those of [models.Targeted], have no
// likelihoods of rows that could be averaged. Models may differ in all else: type, orders, scales, training rows.
func NewEnsemble(members ...*Model) (*Ensemble, error) {
	if len(members) == 0 || slices.Contains(members, nil) {
		return nil, errors.New("an ensemble needs a model")
	}
	e := &Ensemble{members: slices.Clone(members)}
	var preparations []string
	for _, m := range members {
		kept, err := json.Marshal(m.prep)
		if err != nil {
			return nil, err
		}
		preparations = append(preparations, fmt.Sprint(m.prep != nil && m.prep.Legacy, string(kept)))
		e.like = append(e.like, slices.Index(preparations, preparations[len(preparations)-1]))
	}
	if len(members) == 1 {
		return e, nil
	}
	for i, m := range members {
		if err := CheckMember(m.Definition()); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(i), err)
		}
		if err := agree(members[0], m, e.Name(0), e.Name(i)); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// CheckMember returns an error for a model that cannot be in an ensemble, since it has no likelihoods of rows that could be
// averaged.
func CheckMember(d models.Definition) error {
	switch targets := models.TargetsOf(d); {
	case d == nil:
		return errors.New("an ensemble needs a model")
	case targets != nil:
		return fmt.Errorf("a model that predicts %s given the other columns cannot be in an ensemble: its figures are means over draws, not likelihoods that could be averaged", text.Listed(targets))
	case models.ObjectiveOf(d).Kind == models.Divergence:
		return errors.New("a model that is fitted to a target cannot be in an ensemble: it has no rows whose likelihoods could be averaged")
	}
	return nil
}

// OpenEnsemble opens the models of some paths as an ensemble: run directories, model files, and folders of an ensemble,
// whose runs are members each. One path of a model is an ensemble of one. nil opens the backend auto. Errors are those of
// [Open] and of [NewEnsemble].
func OpenEnsemble(b *backend.Backend, paths ...string) (*Ensemble, error) {
	all, err := MemberPaths(paths...)
	if err != nil {
		return nil, err
	}
	var members []*Model
	closeAll := func() {
		for _, m := range slices.Backward(members) {
			m.Close()
		}
	}
	for i, path := range all {
		m, err := Open(b, path)
		if err != nil {
			closeAll()
			return nil, err
		}
		if members = append(members, m); i == 0 {
			b = m.Backend() // of all: the first closes it where it opened it
		}
	}
	e, err := NewEnsemble(members...)
	if err != nil {
		closeAll()
		return nil, err
	}
	return e, nil
}

// Members are the models of the ensemble.
func (e *Ensemble) Members() []*Model { return slices.Clone(e.members) }

// First is the first of them: all have its columns.
func (e *Ensemble) First() *Model { return e.members[0] }

// One reports whether the ensemble is a single model.
func (e *Ensemble) One() bool { return len(e.members) == 1 }

// Name is how messages call a member, counted from 0: its path or, without one, its number from 1.
func (e *Ensemble) Name(member int) string {
	if member >= 0 && member < len(e.members) && e.members[member].Path != "" {
		return e.members[member].Path
	}
	return fmt.Sprintf("member %d", member+1)
}

// Reading returns the ensemble with another way to read rows; both are closed as one.
func (e *Ensemble) Reading(r data.Reading) *Ensemble {
	as := &Ensemble{like: e.like}
	for _, m := range e.members {
		as.members = append(as.members, m.Reading(r))
	}
	return as
}

// Close closes the members.
func (e *Ensemble) Close() {
	for _, m := range slices.Backward(e.members) { // the first may close the backend
		m.Close()
	}
}

// named adds to an error which member it is of, where there are several.
func (e *Ensemble) named(member int, err error) error {
	if err == nil || e.One() {
		return err
	}
	return fmt.Errorf("%s: %w", e.Name(member), err)
}

// eachSet checks that there is a set for each member, and calls f with it.
func (e *Ensemble) eachSet(sets []*data.Prepared, f func(k int, m *Model, s *data.Prepared) error) error {
	if len(sets) != len(e.members) {
		return fmt.Errorf("an ensemble of %d needs as many sets of prepared rows, and has %d", len(e.members), len(sets))
	}
	for k, m := range e.members {
		err := f(k, m, sets[k])
		if err == nil && sets[k].Rows != sets[0].Rows {
			err = fmt.Errorf("%s, but %d of the first member: an ensemble needs the same", text.Count(sets[k].Rows, "row"), sets[0].Rows)
		}
		if err != nil {
			return e.named(k, err)
		}
	}
	return nil
}

// Prepare makes rows of each member of a table; see [Model.Prepare]. Members of the same preparation share them.
func (e *Ensemble) Prepare(rows *data.Table) ([]*data.Prepared, error) {
	return shared(e, func(m *Model) (*data.Prepared, error) { return m.Prepare(rows) })
}

// shared calls f for each member whose preparation is another than those before, and returns what it gives for all. An error ends
// it, unless f gives something beside.
func shared[T any](e *Ensemble, f func(*Model) (*T, error)) (all []*T, problem error) {
	for k, m := range e.members {
		if e.like[k] < k {
			all = append(all, all[e.like[k]])
			continue
		}
		v, err := f(m)
		if v == nil {
			return nil, e.named(k, err)
		}
		all, problem = append(all, v), cmp.Or(problem, e.named(k, err))
	}
	return all, problem
}

// LoadData reads the splits of the source that the members were trained on, for each of them as it prepares them; see
// [Model.LoadData]. Members of the same preparation share one. It is an error where a split, of the name given, has not the
// same rows for all: what one was tested on another may have been trained on.
func (e *Ensemble) LoadData(ctx context.Context, dir, split string) ([]*data.Splits, error) {
	all, changed := shared(e, func(m *Model) (*data.Splits, error) { return m.LoadData(ctx, dir) })
	if all == nil {
		return nil, changed
	}
	for k, s := range all {
		first := all[0]
		if differs := first.Identity.Differs(s.Identity, split); differs != nil {
			return nil, fmt.Errorf("the %s rows of %s are not those of %s: %s (evaluate rows of a file, as --data FILE)",
				split, e.Name(k), e.Name(0), differs.Texts()[0])
		}
	}
	for k, m := range e.members { // which may share their splits, but not what they were trained on
		changed = cmp.Or(changed, e.named(k, m.Data.Check(all[k].Identity, all[k].Source)))
	}
	return all, changed
}

// LogProb returns ln p(x | context) of each row of a table in nats, in the units of the source: the logarithm of the mean of
// the members' probabilities, each of which is as [Model.LogProb] has it.
func (e *Ensemble) LogProb(ctx context.Context, rows *data.Table) ([]float64, error) {
	sets, err := e.Prepare(rows)
	if err != nil {
		return nil, err
	}
	return e.LogProbOf(ctx, sets)
}

// LogProbOf is LogProb for rows as each member prepares them.
func (e *Ensemble) LogProbOf(ctx context.Context, sets []*data.Prepared) (logp []float64, err error) {
	all := make([][]float64, len(e.members))
	if err := e.eachSet(sets, func(k int, m *Model, s *data.Prepared) (err error) {
		all[k], err = m.LogProbOf(ctx, s, nil)
		return err
	}); err != nil {
		return nil, err
	}
	return meanOf(all), nil
}

// meanOf are the logarithms of the means over members of the probabilities of rows.
func meanOf(all [][]float64) []float64 {
	logp, row := make([]float64, len(all[0])), make([]float64, len(all))
	for i := range logp {
		for k := range all {
			row[k] = all[k][i]
		}
		logp[i] = num.LogMeanExp(row)
	}
	return logp
}

// PrepareBlocks is Prepare for so many rows at a time, of which pages are read once: see [data.Blocks].
func (e *Ensemble) PrepareBlocks(rows data.Pages, n int) iter.Seq2[[]*data.Prepared, error] {
	var all []*data.Preparation
	for _, k := range e.like {
		all = append(all, e.members[k].prep)
	}
	return data.Blocks(all, rows, n, func(k int, s *data.Prepared, err error) error {
		if err == nil {
			err = CheckRows(e.members[k].Definition(), s)
		}
		return e.named(k, err)
	})
}

// LogProbBlocks is LogProb for rows of which one block after the other goes to f, prepared as by the first member; see
// [Model.LogProbBlocks]. Pages are read once for all members.
// perMember[k][i] is ln p of row i under member k or, in an ensemble of one, under order k of it. orders is the number of orders of each member, 0 for its own.
func (e *Ensemble) LogProbBlocks(ctx context.Context, rows data.Pages, orders int,
	f func(s *data.Prepared, logp []float64, perMember [][]float64) error) error {
	if e.One() {
		return e.First().LogProbBlocks(ctx, rows, e.First().Sets(orders), f)
	}
	if f == nil {
		return errors.New("likelihoods by blocks need a function that takes them")
	}
	scores := make([]func(*data.Prepared) ([]float64, [][]float64, error), len(e.members))
	block := 0 // the least that suits a member
	var ends atEnd
	defer ends.run()
	for k, m := range e.members {
		score, n, done, err := m.scorer(ctx, m.Sets(orders))
		if err != nil {
			return e.named(k, err)
		}
		ends = append(ends, done)
		if scores[k] = score; k == 0 || n < block {
			block = n
		}
	}
	for sets, err := range e.PrepareBlocks(rows, block) {
		if err != nil {
			return err
		}
		perMember := make([][]float64, len(sets))
		for k, s := range sets {
			if perMember[k], _, err = scores[k](s); err != nil {
				return e.named(k, err)
			}
		}
		if err := f(sets[0], meanOf(perMember), perMember); err != nil {
			return err
		}
	}
	return nil
}

// Evaluate computes the negative log-likelihood of the rows of a table under the ensemble and, in
// [Evaluation.Mixture], under each of its members; see [Model.Evaluate].
func (e *Ensemble) Evaluate(ctx context.Context, rows *data.Table, o EvalOptions) (Evaluation, error) {
	return e.EvaluatePages(ctx, rows.Pages, o)
}

// EvaluatePages is Evaluate for rows that come in pages, which are not held, and are read once for all members; see
// [Model.EvaluatePages].
func (e *Ensemble) EvaluatePages(ctx context.Context, rows data.Pages, o EvalOptions) (Evaluation, error) {
	if e.One() {
		return e.First().EvaluatePages(ctx, rows, o)
	}
	return e.evaluate(ctx, o, func(batch int) iter.Seq2[[]*data.Prepared, error] {
		block := math.MaxInt
		for _, m := range e.members { // each of which holds its rows
			block = min(block, m.blockOf(batch, len(e.members)*m.prep.Width))
		}
		return e.PrepareBlocks(e.First().prep.Counted(rows), block) // all have its weights
	})
}

// EvaluateOf is Evaluate for rows as each member prepares them; see [Core.EvaluateOf].
func (e *Ensemble) EvaluateOf(ctx context.Context, sets []*data.Prepared, o EvalOptions) (Evaluation, error) {
	if err := e.eachSet(sets, func(_ int, m *Model, s *data.Prepared) error { return m.checkSet(s) }); err != nil {
		return Evaluation{}, err
	}
	if e.One() {
		return e.First().EvaluateOf(ctx, sets[0], o)
	}
	return e.evaluate(ctx, o, func(int) iter.Seq2[[]*data.Prepared, error] { return oneBlock(sets) })
}

// evaluate evaluates rows as each member prepares them, in blocks by the largest batch of all.
func (e *Ensemble) evaluate(ctx context.Context, o EvalOptions, blocks func(batch int) iter.Seq2[[]*data.Prepared, error]) (Evaluation, error) {
	own := o
	own.Row = nil
	var parts []exec.Part
	batch, done := 0, make([]int, len(e.members))
	var ends atEnd
	defer ends.run()
	for k, m := range e.members {
		if o.Progress != nil {
			own.Progress = func(rows int) {
				done[k] = rows
				o.Progress(sum(done) / len(done))
			}
		}
		if own.Samples = 0; models.ObjectiveOf(m.Definition()).Kind == models.Bound {
			own.Samples = o.Samples
		}
		p, end, err := m.part(false, own)
		if err != nil {
			return Evaluation{}, e.named(k, err)
		}
		ends = append(ends, end)
		parts, batch = append(parts, p), max(batch, p.Evaluator.Batch())
	}
	return exec.EvaluateMixture(ctx, parts, blocks(batch), o.Row)
}

// atEnd are functions that are called at the end of another one, the last first.
type atEnd []func()

func (a *atEnd) run() {
	for _, end := range slices.Backward(*a) {
		end()
	}
}

func sum(all []int) (n int) {
	for _, v := range all {
		n += v
	}
	return n
}

// MemberPaths are the paths of the models of an ensemble: a folder of an ensemble (see [runlog.Members]) is replaced by its runs,
// others stay.
func MemberPaths(paths ...string) (all []string, err error) {
	for _, path := range paths {
		m, err := runlog.ReadMembers(path)
		switch {
		case err != nil:
			return nil, err
		case m != nil:
			all = append(all, m.Paths(path)...)
		default:
			all = append(all, path)
		}
	}
	return all, nil
}
