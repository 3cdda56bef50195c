package reproduce

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/posterior"
)

// posteriorMembers are the networks of an ensemble, by their seeds.
const posteriorMembers = 5

// sbiRow is a task of the benchmark: the published figures of NPE with the spline flow and with MAF, and the most that ours may be, for
// 10³, 10⁴ and 10⁵ pairs; 0 for no target.
type sbiRow struct {
	task, about string
	nsf, maf    [3]float64
	most        [3]float64
}

var sbiRows = []sbiRow{
	{"two_moons", "posteriors of two parameters: two crescents", [3]float64{0.725, 0.606, 0.542}, [3]float64{0.872, 0.814, 0.770}, [3]float64{0, 0.53, 0.52}},
	{"slcp", "posteriors of five parameters: simple likelihood, complex posterior", [3]float64{0.975, 0.901, 0.831}, [3]float64{0.976, 0.938, 0.869}, [3]float64{0, 0.85, 0.75}},
}

// sbiSizes are the numbers of pairs, those of validation among them, and what a training of so many has of its own.
var sbiSizes = []struct {
	pairs int
	named string
	sets  []string
}{
	{1000, "10³", []string{"train.max_steps=2000", "train.optimizer.weight_decay=0.3"}},
	{10_000, "10⁴", nil},
	{100_000, "10⁵", []string{"model.layers=1", "train.batch=500", "train.max_steps=20000", "train.optimizer.weight_decay=0.1", "train.optimizer.decays=all"}},
}

// sbi are posteriors of the benchmark's ten observations, beside its reference posteriors.
func sbi(r sbiRow) Experiment {
	const source = "NPE with a neural spline flow, and with MAF, one network each: Lueckmann et al. 2021, arXiv 2101.04653, and its published results"
	e := Experiment{Name: "sbi-" + strings.ReplaceAll(r.task, "_", "-"), About: r.about}
	const from = "pairs drawn from the task of the benchmark sbibm, github.com/sbi-benchmark/sbibm, as arrays train and valid, parameters first"
	for i, size := range sbiSizes {
		file := fmt.Sprintf("sbi/%s-%d.npz", r.task, size.pairs)
		e.Data = append(e.Data, Source{file, from})
		var members []Training
		for seed := range posteriorMembers {
			members = append(members, Training{Name: fmt.Sprintf("%d-seed%d", size.pairs, seed+1), Config: r.task,
				Sets: append([]string{"data.source=" + file, fmt.Sprintf("seed=%d", seed+1)}, size.sets...), short: []string{"model.hidden=[8]", "model.base_hidden=[8]", "model.orders.count=2"}})
		}
		add := func(what string, of []Training, rule Rule) {
			e.Figures = append(e.Figures, Figure{What: fmt.Sprintf("%s pairs: %s", size.named, what), Unit: "C2ST, mean ± deviation over ten observations; 0.5 is perfect",
				Trainings: of, Published: fmt.Sprintf("%.3f, %.3f", r.nsf[i], r.maf[i]), Source: source, Rule: rule, measure: c2stOf(r.task)})
		}
		var rule Rule
		if r.most[i] > 0 {
			rule = AtMost(r.most[i])
		}
		add("one network", members[:1], Rule{})
		add(fmt.Sprintf("%d networks averaged", posteriorMembers), members, rule)
	}
	const reference = "observations and reference posteriors of the benchmark sbibm, as arrays o1 to o10"
	e.Data = append(e.Data, Source{"sbi/" + r.task + "-obs.npy", reference}, Source{"sbi/" + r.task + "-ref.npz", reference})
	return e
}

// c2stOf compares the posteriors of networks, averaged, with the references of a task. Observations and references are not read
// before all trainings are finished.
func c2stOf(task string) measure {
	return func(ctx context.Context, l *lab, of []outcome) (estimate, error) {
		var dirs []string
		for _, o := range of {
			dirs = append(dirs, o.dir)
		}
		e, err := maskflow.OpenEnsemble(l.backend, dirs...)
		if err != nil {
			return estimate{}, err
		}
		defer e.Close()
		observations, err := format.ReadFile(ctx, filepath.Join(l.o.DataDir, "sbi", task+"-obs.npy"), format.ReadOptions{})
		if err != nil {
			return estimate{}, err
		}
		o := posterior.Options{Draws: 10_000, Seed: 1}
		if l.o.Quick {
			o.Draws, observations = 50, data.Part{Table: observations, Rows: []int{0, 1}}.Select()
		}
		var found []float64
		for p, err := range posterior.Of(ctx, e, observations, o) {
			if err != nil {
				return estimate{}, err
			}
			v, err := l.c2st(ctx, task, len(found)+1, p.Draws, e.First().Definition().Dim())
			if err != nil {
				return estimate{}, err
			}
			found = append(found, v)
		}
		mean, sd := stat.MeanStdDev(found, nil)
		return estimate{mean, sd}, nil
	}
}

// c2st compares draws, whose first dim columns are the parameters, with as many rows of a reference posterior.
func (l *lab) c2st(ctx context.Context, task string, observation int, draws *data.Table, dim int) (float64, error) {
	name := fmt.Sprintf("o%d", observation)
	reference, err := format.ReadFile(ctx, filepath.Join(l.o.DataDir, "sbi", task+"-ref.npz"), format.ReadOptions{Array: name})
	if err != nil {
		return 0, err
	}
	columns := make([]int, dim)
	for d := range columns {
		columns[d] = d
	}
	a, err := reference.Values()
	if err != nil {
		return 0, err
	}
	b, err := draws.Select(nil, columns).Values()
	if err != nil {
		return 0, err
	}
	n := min(len(a), len(b))
	v, err := posterior.C2ST(ctx, l.backend, a[:n], b[:n], dim, 1)
	if err != nil {
		return 0, fmt.Errorf("observation %d: %w", observation, err)
	}
	return v, nil
}
