// Package reproduce trains what papers report and says how near it comes.
//
// An [Experiment] is a short list of figures, each with the number that a paper
// published, the trainings that it takes and the rule by which it counts as
// reached. [Experiment.Run] trains them one after the other, each in a run
// directory of its own, which is resumed when it exists and read when it is
// finished, and returns a [Table]:
//
//	e, err := reproduce.ByName("maf-bsds300")
//	table, err := e.Run(ctx, b, reproduce.Options{Dir: "runs/maf-bsds300", DataDir: dir})
//
// Trainings are presets (package configs) with named changes, so that each can be
// repeated by itself: maskflow train configs/NAME.yaml --set ….
package reproduce

import (
	"fmt"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/train"
)

// Experiment is a list of figures that belong together.
type Experiment struct {
	// Name is what the experiment is asked for by.
	Name string `json:"name"`
	// About says in a line what it shows.
	About string `json:"about"`
	// Data are what it reads.
	Data []Source `json:"data"`
	// Figures are measured in their order.
	Figures []Figure `json:"-"`
}

// Source is something that an experiment reads.
type Source struct {
	// Name is where it is in the data folder, or a generator.
	Name string `json:"name"`
	// From says who publishes it, and where.
	From string `json:"from"`
}

// Figure is a number beside the one that a paper published.
type Figure struct {
	// What names it.
	What string `json:"what"`
	// Unit is its unit, as "nats, log-likelihood".
	Unit string `json:"unit"`
	// Published is the paper's number with its error as printed there, "" for
	// none, and Source the paper and the table.
	Published string `json:"published,omitempty"`
	Source    string `json:"source,omitempty"`
	// Trainings are those that it takes; none when it follows from the data alone.
	Trainings []Training `json:"-"`
	// Rule is when it counts as reached.
	Rule Rule `json:"-"`
	// measure computes the number from the trained models.
	measure measure
}

// Training is a preset with changes.
type Training struct {
	// Name is that of its run directory.
	Name string
	// Config is the preset, without .yaml.
	Config string
	// Sets change its keys, each as path=value.
	Sets []string
	// short are further changes for a smoke test.
	short []string
}

// Command is the training as a command.
func (t Training) Command() string {
	c := "maskflow train " + t.Config
	for _, s := range t.Sets {
		c += " --set " + text.Shell(s)
	}
	return c
}

// quickSets shorten every training.
var quickSets = []string{"train.max_steps=20", "train.batch=32", "train.schedule={name: constant}"}

// Resolve is the configuration of the training, shortened for a smoke test.
func (t Training) Resolve(quick bool) (*train.Config, error) {
	src, err := configs.Files.ReadFile(t.Config + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("no preset %s", t.Config)
	}
	sets := slices.Clone(t.Sets)
	if quick {
		sets = append(append(sets, quickSets...), t.short...)
	}
	return train.ParseConfig(t.Config+".yaml", src, sets)
}

// Experiments lists all of them. The entries are the caller's own.
func Experiments() []Experiment {
	return slices.Concat([]Experiment{mafBSDS300(), mafToy(), iafEnergies(), iafVAE()}, wines(), []Experiment{eonade(), eornade(), sbi(sbiRows[0]), sbi(sbiRows[1])}, madeExperiments())
}

// Names are the names of all experiments.
func Names() []string {
	var names []string
	for _, e := range Experiments() {
		names = append(names, e.Name)
	}
	return names
}

// ByName returns an experiment, or an error that lists their names.
func ByName(name string) (Experiment, error) {
	all := Experiments()
	if i := slices.IndexFunc(all, func(e Experiment) bool { return e.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Experiment{}, fmt.Errorf("no experiment %q (there are %s)", name, strings.Join(Names(), ", "))
}
