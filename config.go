package maskflow

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/toy"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/models/vae"
)

// Kinds lists every kind of model, each with the defaults of its options. The first is the default.
func Kinds() []models.Kind {
	return []models.Kind{&made.Options{}, &nade.Options{}, &maf.Options{}, &iaf.Options{}, &vae.Options{}, &Auto{}}
}

// kindsWith returns the names of the kinds with a trait.
func kindsWith(trait func(models.Traits) bool) []string {
	var names []string
	for _, k := range Kinds() {
		if trait(k.Traits()) {
			names = append(names, k.Name())
		}
	}
	return names
}

// NoisyKinds are the names of the kinds of model that may be trained by samples of their own.
func NoisyKinds() []string { return kindsWith(func(t models.Traits) bool { return t.Noise }) }

// Config is what a trained model is made from: data, model, and how likelihoods are estimated. Zero fields mean defaults, which
// [Config.Resolve] fills in.
type Config struct {
	// Name is the run's name, which also names its directory; "" means run.
	Name string
	// Seed of the model's randomness: initial parameters, orders, connectivity, the sequence of batches.
	Seed uint64
	Data data.Options
	// Model is a pointer to the options of one of [Kinds]; nil means &made.Options{}.
	Model models.Kind
	Eval  Estimation

	base string // the default of Name
}

// Estimation is how a likelihood is estimated.
type Estimation struct {
	// Batch is the number of rows evaluated at once; 0 means 1000.
	Batch int
	// ValidOrders and TestOrders are the numbers of mask sets averaged in validation and in a test when they are unlimited; 0
	// means 300 and 1000.
	ValidOrders, TestOrders int
	// ValidSamples and Samples are the numbers of importance samples a row in validation and in a test of a model whose
	// likelihood is estimated; 0 means 1 and 128.
	ValidSamples, Samples int
}

// Table declares the options. A resumed run may change all of them.
func (e *Estimation) Table() option.Table {
	orders := kindsWith(func(t models.Traits) bool { return t.Orders })
	estimated := kindsWith(func(t models.Traits) bool { return t.Estimated })
	return option.Table{
		option.Of("batch", &e.Batch, 1000, "number of rows evaluated at once; it changes speed and memory, not the result").Within(1, option.MaxSize),
		option.Of("valid_orders", &e.ValidOrders, 300, "number of mask sets averaged in validation when they are unlimited (MADE, section 6.1)").
			Within(1, masks.MaxSets).When("model.type", orders...),
		option.Of("test_orders", &e.TestOrders, 1000, "number of mask sets averaged in a test when they are unlimited (MADE, section 6.1)").
			Within(1, masks.MaxSets).When("model.type", orders...),
		option.Of("valid_samples", &e.ValidSamples, 1, "number of importance samples a row in validation").
			Within(1, option.MaxSize).When("model.type", estimated...),
		option.Of("samples", &e.Samples, 128, "number of importance samples a row in a test").
			Within(1, option.MaxSize).When("model.type", estimated...),
	}
}

// Table declares the options, with further sections before that of the evaluation.
func (c *Config) Table(further ...*option.Row) option.Table {
	t := option.Table{
		option.Of("name", &c.Name, cmp.Or(c.base, "run"), "the run's name: letters, digits, '.', '_' and '-', since it also names the run's directory").
			Default(`the file's base name, else "run"`).Check(func(note option.Note) { note(-1, nameProblem(c.Name)) }),
		option.Of("seed", &c.Seed, 0, "seed of the model's randomness: initial parameters, orders, connectivity, the sequence of batches"),
		option.Section("data", c.Data.Table()),
		option.Section("model", option.Table{option.Pick("type", &c.Model, "kind of model", Kinds()...)}),
	}
	return append(append(t, further...), option.Section("eval", c.Eval.Table()).Mutable(), option.Rule(c.checkRows), option.Rule(c.checkHoles))
}

// checkHoles reports values that are not known in the training of a model that every one has to be known to.
func (c *Config) checkHoles(report option.Report) {
	if c.Model != nil && c.Data.Holes == data.UnknownHoles && !c.Model.Traits().Unknown {
		report(fmt.Sprintf("%s cannot be trained on values that are not known (use model.type: nade, or remove holes)", c.Model.Name()),
			"data.holes", "model.type")
	}
}

// checkRows reports what makes rows of a kind that the model has no density of.
func (c *Config) checkRows(report option.Report) {
	if c.Model == nil || c.isAuto() {
		return // it has no known name, or is checked once it is chosen
	}
	traits, d := c.Model.Traits(), &c.Data
	model := []string{"model." + traits.Key, "model.type"}
	if !traits.Binary {
		if d.Binarize != "" {
			report(fmt.Sprintf("binary rows have no density, and %s needs one (remove binarize, or use model.output bernoulli)", traits.By),
				append([]string{"data.binarize"}, model...)...)
		}
		return
	}
	for _, change := range []struct {
		set  bool
		name string
	}{{d.Dequantize > 0, "dequantise"}, {d.Logit > 0, "logit"}, {d.Standardise, "standardise"}} {
		if change.set {
			report(fmt.Sprintf("%s takes rows of 0 and 1, which %s would change (remove %s, or use a density of real values)", traits.By, change.name, change.name),
				append([]string{"data." + change.name}, model...)...)
		}
	}
}

// Resolve fills in the defaults and returns everything that is wrong with the values.
func (c *Config) Resolve() error {
	if c == nil {
		return errNoConfig
	}
	return option.Resolve(c.Table())
}

// NewModel makes the model for data of the given width and context: a models.Density, or for a variational autoencoder a
// models.Stochastic. Its orders and connectivity follow from the seed. Rows with a schema need their [Variables]. The
// configuration has to be resolved.
func (c *Config) NewModel(dim, contextDim int, variables ...models.Variable) (models.Definition, error) {
	if c == nil || c.Model == nil {
		return nil, errNoConfig
	}
	in := models.Input{Dim: dim, ContextDim: contextDim, Variables: variables, Seed: c.Seed}
	for _, t := range toy.Targets() {
		if t.Name == c.Data.Source {
			in.Target = t.Name
		}
	}
	return c.Model.Build(in)
}

var errNoConfig = errors.New("no resolved configuration is given")

// LoadConfig reads the configuration of a model from a file: of a run, or one that a run may be made from. What it has about
// training is not looked at. The error lists every problem with its place; see package config.
func LoadConfig(path string) (*Config, error) {
	c := &Config{}
	c.NameAfter(path)
	if err := config.Load(c.Table(), path, nil, "train"); err != nil {
		return nil, err
	}
	return c, nil
}

// NameAfter makes the base name of a file, where it can be one, the default of the run's name.
func (c *Config) NameAfter(path string) {
	base := filepath.Base(path)
	if base = strings.TrimSuffix(base, filepath.Ext(base)); nameProblem(base) == "" {
		c.base = base
	}
}

// runName is what can name a run and its directory.
var runName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

// nameProblem returns why name cannot name a run and its directory, "" when it can.
func nameProblem(name string) string {
	if runName.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%q cannot name the run's directory (use 1 to 100 letters, digits, '.', '_' and '-', not '.' or '-' first)", text.Shorten(name, 101))
}
