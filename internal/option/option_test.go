package option

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// optimizer is a choice by value, as package train has one.
type optimizer interface{ Rate() float64 }

type adam struct{ LearningRate, Beta float64 }

func (a *adam) Rate() float64 { return a.LearningRate }
func (a *adam) Name() string  { return "adam" }
func (a *adam) Help() string  { return "moments" }
func (a *adam) Table() Table {
	return Table{
		Of("learning_rate", &a.LearningRate, 0.001, "factor of the updates").Positive(),
		Of("beta", &a.Beta, 0.9, "decay").Inside(0, 1),
	}
}

type sgd struct{ LearningRate float64 }

func (s *sgd) Rate() float64 { return s.LearningRate }
func (s *sgd) Name() string  { return "sgd" }
func (s *sgd) Help() string  { return "no moments" }
func (s *sgd) Table() Table {
	return Table{Of("learning_rate", &s.LearningRate, 0.01, "factor of the updates").Positive()}
}

type own struct{}

func (own) Rate() float64 { return 7 }

// options have an option of every type.
type options struct {
	Type       string
	Output     string
	Components int
	Layers     int
	Hidden     []int
	Start      string
	Order      []int
	Optimizer  optimizer
	LookAhead  int
	Masks      int
	Seed       *uint64
	Fractions  [3]float64
	Drop       []string
	Steps, Max int
	From       float64
}

const never = -1

func (o *options) Table() Table {
	hidden := func(initial []int) *Row {
		return Of("hidden", &o.Hidden, initial, "units").Within(1, MaxSize).Elements(3)
	}
	return Table{
		Section("model", Table{
			Choose("type", &o.Type, "kind of density",
				Alternative{"made", "one network", Table{
					Choose("output", &o.Output, "distribution", Alternative{Name: "bernoulli"},
						Alternative{"mog", "a mixture", Table{Of("components", &o.Components, 10, "Gaussians").Within(1, MaxSize)}}),
					hidden([]int{500}),
					Of("masks", &o.Masks, 1, "mask sets").Within(1, MaxSize).Named("unlimited", -1),
				}},
				Alternative{"maf", "a flow", Table{Of("layers", &o.Layers, 5, "layers").Within(1, 100), hidden([]int{100, 100})}},
				Alternative{"vae", "an autoencoder", Table{Of("layers", &o.Layers, 4, "layers").Within(1, 100)}},
			),
			WordsOrList("order", &o.Start, &o.Order, "order of the variables", "natural", "random").Check(func(note Note) {
				for i, d := range o.Order {
					if d > len(o.Order) {
						note(i, "too large")
					}
				}
			}),
			Rule(func(report Report) {
				if o.Type == "made" && len(o.Hidden) == 0 && o.Masks != 1 {
					report("no connectivity to draw", "masks", "hidden")
				}
			}),
		}),
		Section("train", Table{
			Section("optimizer", Table{Pick[optimizer]("name", &o.Optimizer, "method", &adam{}, &sgd{})}),
			Of("look_ahead", &o.LookAhead, 30, "epochs").Within(1, MaxSteps).Named("0", never).Mutable(),
			Of("seed", &o.Seed, new(uint64(1)), "seed"),
			Of("fractions", &o.Fractions, [3]float64{0.8, 0.1, 0.1}, "parts").Inside(0, 1),
			Of("drop", &o.Drop, nil, "columns"),
			Of("max", &o.Max, 0, "steps").Within(0, MaxSteps).Default("0, no limit"),
			From("steps", &o.Steps, func() int { return o.Max }, "train.max", "end").Within(0, MaxSteps),
			Section("anneal", Table{Of("from", &o.From, 1.0, "start").Above(0, 1)}).When("model.type", "maf", "vae"),
		}),
	}
}

// lines returns what is used as a file would have it.
func lines(o *options) string {
	var b strings.Builder
	for _, k := range Flatten(o.Table()).List {
		if k.Used() {
			b.WriteString(k.Path + ": " + k.Text() + "\n")
		}
	}
	return b.String()
}

func TestResolveFillsInTheDefaults(t *testing.T) {
	for _, test := range []struct {
		o    options
		want string
	}{
		{options{}, `model.type: made
model.output: bernoulli
model.hidden: [500]
model.masks: 1
model.order: natural
train.optimizer.name: adam
train.optimizer.learning_rate: 0.001
train.optimizer.beta: 0.9
train.look_ahead: 30
train.seed: 1
train.fractions: [0.8, 0.1, 0.1]
train.drop: []
train.max: 0
train.steps: 0
`},
		{options{Type: "maf", Hidden: []int{}, Order: []int{1, 2}, Optimizer: &sgd{0.5}, LookAhead: never, Seed: new(uint64(0)),
			Drop: []string{"a", "true"}, Max: 7}, `model.type: maf
model.layers: 5
model.hidden: []
model.order: [1, 2]
train.optimizer.name: sgd
train.optimizer.learning_rate: 0.5
train.look_ahead: 0
train.seed: 0
train.fractions: [0.8, 0.1, 0.1]
train.drop: [a, "true"]
train.max: 7
train.steps: 7
train.anneal.from: 1
`},
		{options{Output: "mog", Masks: -1, Optimizer: own{}}, `model.type: made
model.output: mog
model.components: 10
model.hidden: [500]
model.masks: unlimited
model.order: natural
train.optimizer.name: own
train.look_ahead: 30
train.seed: 1
train.fractions: [0.8, 0.1, 0.1]
train.drop: []
train.max: 0
train.steps: 0
`},
	} {
		o := test.o
		if err := Resolve(o.Table()); err != nil {
			t.Errorf("%+v: %v", test.o, err)
		}
		if got := lines(&o); got != test.want {
			t.Errorf("%+v:\ngot\n%s\nwant\n%s", test.o, got, test.want)
		}
	}
}

// paths returns where the problems of an error are.
func paths(err error) []string {
	var ps Problems
	if !errors.As(err, &ps) {
		return nil
	}
	var all []string
	for _, p := range ps {
		all = append(all, p.Paths[0])
	}
	return all
}

func TestResolveReportsEveryProblem(t *testing.T) {
	for _, test := range []struct {
		name string
		o    options
		want []string
	}{
		{"bounds", options{Hidden: []int{3, 0}, LookAhead: -2, Masks: -3, Fractions: [3]float64{0.5, 0.5, 0}},
			[]string{"model.hidden.1", "model.masks", "train.look_ahead", "train.fractions.2"}},
		{"words", options{Type: "mafia", Output: "mug", Start: "x"}, []string{"model.type", "model.output", "model.order"}},
		{"an element", options{Order: []int{1, 3}}, []string{"model.order.1"}},
		{"a long list", options{Hidden: []int{1, 1, 1, 1}}, []string{"model.hidden"}},
		{"a rule", options{Hidden: []int{}, Masks: 2}, []string{"model.masks"}},
		{"a text", options{Drop: []string{"a", "\a"}}, []string{"train.drop.1"}},
		{"a constant", options{Optimizer: &adam{Beta: 1}}, []string{"train.optimizer.beta"}},
	} {
		if got := paths(Resolve(test.o.Table())); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// A word or a name that is often tried is refused with the reason; other words are unknown.
func TestRefusedWordsHaveTheirReasons(t *testing.T) {
	word := "cubic"
	ks := Flatten(Table{Section("model", Table{
		Words("transform", &word, "what a layer does", "affine", "spline").Refuse("cubic", "it has no inverse"),
		Absent("inverse", "there is one alone"),
	})})
	if ps := ks.Check(map[string]bool{}); len(ps) != 1 || !strings.Contains(ps[0].Text, "it has no inverse") {
		t.Errorf("%q: %v", word, ps)
	}
	word = "square"
	if ps := ks.Check(map[string]bool{}); len(ps) != 1 || strings.Contains(ps[0].Text, "inverse") {
		t.Errorf("%q: %v", word, ps)
	}
	if ks.Absent("model.inverse") != "there is one alone" || ks.Absent("model.transform") != "" || len(ks.Paths) != 1 {
		t.Errorf("the keys are %q", ks.Paths)
	}
}

// What excludes a value is the nearest choice that means something itself.
func TestUnusedNamesTheChoice(t *testing.T) {
	for _, test := range []struct {
		o    options
		want []string
	}{
		{options{Components: 7}, []string{"model.components", "model.output", "model.type"}},
		{options{Type: "maf", Components: 7}, []string{"model.components", "model.type"}},
		{options{Type: "vae", Hidden: []int{}}, []string{"model.hidden", "model.type"}},
		{options{From: 0.5}, []string{"train.anneal.from", "model.type"}},
	} {
		ks := Flatten(test.o.Table())
		ks.Fill(nil)
		ps := ks.Check(map[string]bool{})
		if len(ps) != 1 || !reflect.DeepEqual(ps[0].Paths, test.want) {
			t.Errorf("%+v: got %v, want one problem at %q", test.o, ps, test.want)
		}
	}
}

func TestDocument(t *testing.T) {
	docs := map[string]Doc{}
	for _, d := range Document((&options{}).Table()) {
		docs[d.Path] = d
	}
	for _, want := range []Doc{
		{Path: "model.components", Type: "integer", Default: "10", Bounds: "at least 1", For: []string{"model.output mog"}, Help: "Gaussians"},
		{Path: "model.layers", Type: "integer", Default: "5 (maf), 4 (vae)", Bounds: "at least 1 and at most 100", For: []string{"model.type maf or vae"}, Help: "layers"},
		{Path: "model.masks", Type: "integer, or unlimited", Default: "1", Bounds: "at least 1", For: []string{"model.type made"}, Help: "mask sets"},
		{Path: "train.optimizer.name", Type: "text", Default: "adam", Values: []string{"adam", "sgd"}, Help: "method: adam, moments; sgd, no moments"},
		{Path: "train.optimizer.learning_rate", Type: "number", Default: "0.001 (adam), 0.01 (sgd)", Bounds: "above 0",
			For: []string{"train.optimizer.name adam or sgd"}, Help: "factor of the updates"},
		{Path: "train.look_ahead", Type: "integer, or 0", Default: "30", Bounds: "at least 1", Help: "epochs", Mutable: true},
		{Path: "train.steps", Type: "integer", Default: "train.max", Bounds: "at least 0", Help: "end"},
		{Path: "train.anneal.from", Type: "number", Default: "1", Bounds: "above 0 and at most 1", For: []string{"model.type maf or vae"}, Help: "start"},
	} {
		if got := docs[want.Path]; !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestCloneSparesTheOriginal(t *testing.T) {
	a := &adam{Beta: 0.5}
	var o optimizer = a
	c := Clone(o)
	if err := Resolve(c.(*adam).Table()); err != nil {
		t.Fatal(err)
	}
	if a.LearningRate != 0 || c.Rate() != 0.001 || c.(*adam).Beta != 0.5 {
		t.Errorf("the original is %+v and the copy %+v", a, c)
	}
	if Clone(optimizer(own{})) != (own{}) {
		t.Error("a value without a pointer changed")
	}
}
