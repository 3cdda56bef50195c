package posterior

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// A calibration while a model is trained has few draws and contexts, and its record so many bins.
const (
	liveDraws    = 50
	liveContexts = 50
	liveBins     = 20
)

// Live is [Calibrate] for a model that is being trained, by fewer samples, of [train.RunOptions]. Densities are those of the
// model's own units.
func Live(ctx context.Context, pairs train.Pairs) (*runlog.Calibration, error) {
	if pairs.Prepared == nil || pairs.Rows < 2 || pairs.ContextDim == 0 || pairs.Sample == nil || pairs.LogProb == nil {
		return nil, errors.New("calibration needs two pairs or more with a context, and a density")
	}
	logp, err := pairs.LogProb(ctx, pairs.X, pairs.Context)
	if err != nil {
		return nil, err
	}
	c := &calibration{judged: rows{pairs}, o: CalibrateOptions{Draws: liveDraws, Contexts: liveContexts}, logp: logp}
	found, err := c.run(ctx, pairs.Prepared, pairs.Columns)
	if err != nil {
		return nil, err
	}
	r := &runlog.Calibration{Pairs: found.Pairs, Draws: found.Draws, Dim: c.dim, Levels: runlog.Floats(Levels), Density: c.record(found.Density),
		Gain: runlog.Float(found.Gain), Gain2SE: runlog.Float(found.Gain2SE), Ignores: found.IgnoresContext()}
	worst := make([]int, c.dim)
	for d := range worst {
		worst[d] = d
	}
	slices.SortStableFunc(worst, func(a, b int) int { return cmp.Compare(found.Variables[a].P, found.Variables[b].P) })
	worst = worst[:min(c.dim, runlog.MostRanked)]
	slices.Sort(worst)
	for _, d := range worst {
		r.Variables = append(r.Variables, c.record(found.Variables[d]))
	}
	return r, nil
}

// record is ranks of the pairs as a log has them.
func (c *calibration) record(of Ranks) runlog.Ranks {
	r := runlog.Ranks{Name: of.Name, KS: runlog.Float(of.KS), P: runlog.Float(of.P), Coverage: runlog.Floats(of.Coverage)}
	counts, all := plot.Bins(of.Shares, c.weights, plot.Range{Lo: 0, Hi: 1}, liveBins), 0.0
	for _, w := range c.weights {
		all += w
	}
	for _, n := range counts {
		r.Histogram = append(r.Histogram, runlog.Float(n*liveBins/all))
	}
	return r
}

// rows are pairs as a model in training has them.
type rows struct{ train.Pairs }

func (r rows) draw(ctx context.Context, of []int, seed uint64) (x []float32, logp []float64, err error) {
	contexts := exec.TakeRows(r.Context, of, r.ContextDim)
	wide, err := r.Sample(ctx, contexts, seed)
	if err != nil {
		return nil, nil, err
	}
	logp, err = r.LogProb(ctx, wide, contexts)
	for i := range of {
		x = append(x, wide[i*r.Width():][:r.Dim]...)
	}
	return x, logp, err
}

func (r rows) mixed(ctx context.Context, rows, of []int) ([]float64, error) {
	return r.LogProb(ctx, exec.TakeRows(r.X, rows, r.Width()), exec.TakeRows(r.Context, of, r.ContextDim))
}
