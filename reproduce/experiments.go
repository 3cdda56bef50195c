package reproduce

import (
	"fmt"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data/recipe"
	"github.com/maskflow/maskflow/data/toy"
)

// binarisedMNIST is where Salakhutdinov and Murray's digits are.
var binarisedMNIST = Source{"binary/binarized_mnist.npz", digits + asArrays}

// Who publishes bits, and how they are to be.
const (
	digits   = "Hugo Larochelle, www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist; "
	ofMADE   = "the rows and splits of the MADE paper, "
	asArrays = "as arrays train, valid and test of zeros and ones"
)

// folds are the ten trainings of a model.
func folds(name, preset string, sets ...string) (all []Training) {
	for k := 1; k <= 10; k++ {
		all = append(all, Training{Name: fmt.Sprintf("%s-fold%d", name, k), Config: preset, Sets: append([]string{fmt.Sprintf("data.fold=%d", k)}, sets...)})
	}
	return all
}

var (
	redWine   = Source{"real/red_wine_folds.npz", "the folds of deepnade/ in github.com/MarcCote/NADE, as arrays fold_1 to fold_10"}
	whiteWine = Source{"real/winequality-white.csv", "UCI Machine Learning Repository, Wine Quality: archive.ics.uci.edu/dataset/186"}
	// What the columns of the wines are rounded to, but for some values.
	wineSteps = []float64{0.1, 0.01, 0.01, 0.1, 0.001, 1, 1, 1e-5, 0.01, 0.01, 0.1}
)

// ofReals are the figures of a mixture, of all test rows first, which rounded values and rows that repeat may flatter.
// steps are what columns are rounded to, nil where they are not.
func ofReals(what string, of []Training, steps []float64) []Figure {
	figure := func(which string, m measure) Figure {
		return Figure{What: what + which, Unit: ofTenFolds, Trainings: of, measure: m}
	}
	all := []Figure{figure("", overFolds(nil)), figure(", rows that are not in training", overFolds(withoutTwins))}
	if steps != nil {
		all = append(all, figure(", rows with noise of a step", overFolds(spread(steps))))
	}
	return all
}

// wine is the experiment of a wine: figures of its own before ten folds of a MAF, which some keys make of its preset,
// and of one with splines, beside RNADE.
func wine(name, about string, rnade float64, from Source, own []Figure, model, training []string) Experiment {
	const paper = "RNADE with one order, Uria et al. 2014, arXiv 1310.1757, table 3"
	preset := strings.ReplaceAll(name, "-", "_")
	figure := func(what string, of []Training) Figure {
		return Figure{What: what, Trainings: of, Published: fmt.Sprintf("%.2f", rnade), Rule: AtLeast(rnade), measure: overFolds(nil)}
	}
	spline := "model={type: maf, layers: 5, transform: spline, bins: 8, bound: 4, permute: reverse, hidden: [64], activation: tanh}"
	e := Experiment{Name: name, About: about, Data: []Source{from}, Figures: append(own,
		figure("MAF", folds("maf", preset, slices.Concat(model, training)...)),
		figure("MAF of splines", folds("spline", preset, append([]string{spline}, training...)...)))}
	for i := range e.Figures {
		f := &e.Figures[i]
		if f.Unit = ofTenFolds; f.Published != "" {
			f.Source = paper
		}
	}
	return e
}

// wines are the experiments of the two wines.
func wines() []Experiment {
	var mixtures []Figure
	for _, of := range []struct {
		what      string
		trainings []Training
	}{{"MADE of mixtures", folds("made", "wine_red")}, {"MADE of mixtures, eight orders", folds("orders", "wine_red", "model.orders={count: 8}")}} {
		mixtures = append(mixtures, ofReals(of.what, of.trainings, wineSteps)...)
	}
	mixtures[0].Published, mixtures[0].Rule = "-9.36", AtLeast(-9.4)
	return []Experiment{
		wine("wine-red", "chemistry of red wine in RNADE's ten folds", -9.36,
			redWine, mixtures,
			[]string{"model={type: maf, layers: 5, transform: affine, permute: reverse, hidden: [64], activation: tanh}"},
			[]string{"train.optimizer={name: adamw, learning_rate: 0.001, weight_decay: 0.5}"}),
		wine("wine-white", "chemistry of white wine in ten folds of our own", -10.23,
			whiteWine, nil, nil, nil),
	}
}

// madeRow is a row of MADE's table 4: published numbers with one mask and with mask
// sampling, and how much above the better of them still counts, which is the
// paper's 95 % interval and ours.
type madeRow struct {
	name, about   string
	one, sampling float64
	interval      float64
	allowed       float64
	orders        bool // the preset samples masks
}

var madeRows = []madeRow{
	{"adult", "123 binary columns of a census", 13.12, 13.13, 0.05, 0.10, false},
	{"connect4", "positions of a game as 126 bits", 11.90, 11.90, 0.01, 0.05, true},
	{"dna", "180 bits of splice junctions", 83.63, 79.66, 0.52, 0.75, false},
	{"mushrooms", "112 binary columns of mushrooms", 9.68, 9.69, 0.04, 0.10, false},
	{"nips", "500 words in papers", 280.25, 277.28, 1.05, 1.5, false},
	{"ocr_letters", "letters of 128 pixels", 28.34, 30.04, 0.22, 0.35, false},
}

// madeExperiments are one for each data set, named made-NAME.
func madeExperiments() []Experiment {
	const source = "Germain et al. 2015, arXiv 1502.03509, table 4, with the interval of its supplement"
	var all []Experiment
	for _, r := range madeRows {
		from := Source{"binary/" + r.name + ".npz", ofMADE + asArrays}
		if r.name == "connect4" {
			from = Source{"connect4", "found by search; no file is read"}
		}
		figure := func(what, preset string, nats, interval, allowed float64) Figure {
			return Figure{What: what, Unit: inNLL, Trainings: []Training{{Name: preset, Config: preset}},
				Published: fmt.Sprintf("%.2f ± %.2f", nats, interval), Source: source, Rule: AtMost(nats + allowed), measure: ofTest(nll)}
		}
		e := Experiment{Name: "made-" + r.name, About: r.about, Data: []Source{from}}
		if r.orders {
			e.Figures = append(e.Figures, figure("MADE, mask sampling", r.name, r.sampling, r.interval, r.allowed))
		} else {
			e.Figures = append(e.Figures, figure("MADE", r.name, r.one, r.interval, r.allowed))
		}
		if r.name == "dna" {
			f := figure("MADE, mask sampling", "dna_orders", r.sampling, 0.63, 0.9)
			f.Trainings[0].short = []string{"eval.valid_orders=2", "eval.test_orders=3"}
			e.Figures = append(e.Figures, f)
		}
		all = append(all, e)
	}
	return all
}

// eonadeRows are of EoNADE's figures with 16 orders: the published one with its 95 % interval, as MADE's paper prints
// them, and what ours has to reach.
var eonadeRows = []struct {
	name           string
	nats, interval float64
	most           float64
}{
	{"adult", 13.19, 0.04, 13.13},
	{"connect4", 12.58, 0.01, 12.6},
	{"dna", 82.31, 0.46, 82.0},
	{"mushrooms", 9.69, 0.03, 9.60},
	{"nips", 272.39, 1.08, 272.4},
	{"ocr_letters", 27.32, 0.19, 27.3},
}

// eonade are densities of any order on the sets of MADE's paper, with 16 orders.
func eonade() Experiment {
	e := Experiment{Name: "eonade", About: "one network of any order with 16 orders on the binary data sets of the NADE and MADE papers"}
	add := func(set, what, from, published, source string, r Rule) {
		e.Data = append(e.Data, Source{"binary/" + set + ".npz", from + asArrays})
		e.Figures = append(e.Figures, Figure{What: what, Unit: inNLL, Trainings: []Training{{Name: set, Config: "nade_" + set, short: []string{"model.hidden=[16]", "model.orders.count=2"}}},
			Published: published, Source: source, Rule: r, measure: ofTest(nll)})
	}
	for _, r := range eonadeRows {
		add(r.name, r.name, ofMADE, fmt.Sprintf("%.2f ± %.2f", r.nats, r.interval),
			"EoNADE with one layer and 16 orders, Uria et al. 2014, arXiv 1310.1757, as table 4 of Germain et al. 2015, arXiv 1502.03509, and its supplement print it", AtMost(r.most))
	}
	const circuits = "MADE in table 1 of Peharz et al. 2019, arXiv 1806.01910"
	const literature = "of the sets of the literature of tractable models, github.com/arranger1044/DEBD, "
	add("plants", "plants", literature, "12.32", circuits, AtMost(12.0))
	add("nltcs", "nltcs", literature, "6.04", circuits, AtMost(5.995))
	add("jester", "jester", literature, "52.23", circuits, AtMost(51.6))
	add("binarized_mnist", "binarized MNIST", digits, "85.10", "EoNADE with two layers of 500 and 128 orders, Uria et al. 2014, arXiv 1310.1757, table 2", Rule{})
	return e
}

// eornadeRows are of EoRNADE's figures with 16 orders and three layers, and what ours has to reach.
var eornadeRows = []struct {
	name, preset string
	from         Source
	nats, least  float64
	steps        []float64
}{
	{"red wine", "nade_wine_red", redWine, -8.76, -8.55, wineSteps},
	{"white wine", "nade_wine_white", whiteWine, -9.67, -9.65, wineSteps},
	{"parkinsons", "nade_parkinsons", Source{"real/parkinsons_updrs.data", "UCI Machine Learning Repository, Parkinsons Telemonitoring: archive.ics.uci.edu/dataset/189"}, -1.13, -1.1, nil},
}

// eornade are densities of any order of reals, in ten folds.
func eornade() Experiment {
	e := Experiment{Name: "eornade", About: "one network of any order with 16 orders on the reals of the RNADE papers, in ten folds"}
	for _, r := range eornadeRows {
		of := ofReals(r.name, folds(strings.ReplaceAll(r.name, " ", "-"), r.preset), r.steps)
		of[0].Published, of[0].Rule = fmt.Sprintf("%.2f", r.nats), AtLeast(r.least)
		of[0].Source = "EoRNADE with three layers and 16 orders, Uria et al. 2014, arXiv 1310.1757, table 3"
		e.Data, e.Figures = append(e.Data, r.from), append(e.Figures, of...)
	}
	return e
}

const mafPaper = "Papamakarios et al. 2017, arXiv 1705.07057"

// nats are the units of the tables.
const (
	inLogLikelihood = "nats a row, log-likelihood in model space"
	inDivergence    = "nats"
	ofTenFolds      = inLogLikelihood + ", mean ± deviation over ten folds"
	inNLL           = "nats a row, negative log-likelihood"
)

// mafBSDS300 is the column of MAF's table 1 whose data are photographs that
// anyone can have.
func mafBSDS300() Experiment {
	const source = mafPaper + ", table 1"
	made := Training{Name: "made", Config: "bsds300", Sets: []string{
		"model={type: made, output: gaussian, hidden: [512, 512], degrees: sequential, order: natural, init: lecun}",
		"train.optimizer={name: adam, learning_rate: 0.001}", "train.schedule={name: cosine}", "train.max_steps=400000", "train.clip_norm=200",
	}}
	maf := Training{Name: "maf", Config: "bsds300", Sets: []string{
		"train.batch=200", "train.optimizer.learning_rate=0.001", "train.schedule={name: cosine}", "train.max_steps=200000", "train.clip_norm=50",
	}}
	return Experiment{
		Name: "maf-bsds300", About: "patches of photographs: a Gaussian, MADE and MAF of five layers",
		Data: []Source{{"bsds300", publisherOf("bsds300")}},
		Figures: []Figure{
			{What: "Gaussian, full covariance", Unit: inLogLikelihood, Published: "96.67 ± 0.25", Source: source, Rule: Within(96.7, 0.5), measure: gaussianOf(maf)},
			{What: "MADE 2 × 512", Unit: inLogLikelihood, Trainings: []Training{made}, Published: "148.85 ± 0.28", Source: source, Rule: AtLeast(148.3), measure: ofTest(logLikelihood)},
			{What: "MAF (5) 2 × 512", Unit: inLogLikelihood, Trainings: []Training{maf}, Published: "155.69 ± 0.28", Source: source, Rule: AtLeast(155.0), measure: ofTest(logLikelihood)},
		},
	}
}

// publisherOf is who publishes the files of a recipe.
func publisherOf(name string) string {
	for _, r := range recipe.All() {
		if r.Name == name {
			return r.Publisher
		}
	}
	return ""
}

// mafToy is MAF's figure 1, in numbers: one order of Gaussian conditionals fits a
// bent Gaussian, the other cannot, and layers of them do not care.
func mafToy() Experiment {
	const source = mafPaper + ", figure 1"
	banana := func(what, name, model string, r Rule) Figure {
		return Figure{What: what, Unit: "nats, mean of ln p − ln q over test rows", Trainings: []Training{{Name: name, Config: "banana", Sets: []string{"model=" + model}}},
			Published: "a picture", Source: source, Rule: r, measure: gapTo("banana")}
	}
	const made = "{type: made, output: gaussian, hidden: [64, 64], activation: silu, order: %s}"
	const maf = "{type: maf, layers: 5, transform: affine, hidden: [64, 64], activation: silu, order: %s}"
	e := Experiment{
		Name: "maf-toy", About: "densities of two variables in closed form: Gaussian MADE, MAF, MAF of splines",
		Data: []Source{{"banana and six other generators", "drawn by the seed; no file is read"}},
		Figures: []Figure{
			banana("banana: Gaussian MADE, order (x2, x1)", "banana-made-21", fmt.Sprintf(made, "[2, 1]"), AtMost(0.02)),
			banana("banana: Gaussian MADE, order (x1, x2)", "banana-made-12", fmt.Sprintf(made, "natural"), MoreThan(0.02)),
			banana("banana: MAF (5), order (x2, x1)", "banana-maf-21", fmt.Sprintf(maf, "[2, 1]"), AtMost(0.02)),
			banana("banana: MAF (5), order (x1, x2)", "banana-maf-12", fmt.Sprintf(maf, "natural"), AtMost(0.02)),
		},
	}
	for _, t := range toy.All() {
		e.Figures = append(e.Figures, Figure{What: t.Name + ": MAF of splines", Unit: "nats, mean of ln p − ln q over test rows",
			Trainings: []Training{{Name: t.Name + "-spline", Config: t.Name}}, measure: gapTo(t.Name)})
	}
	return e
}

// iafEnergies fits an IAF to each of the four energies.
func iafEnergies() Experiment {
	e := Experiment{
		Name: "iaf-energies", About: "unnormalised densities U1 to U4, fitted by reverse KL without data",
		Data: []Source{{"u1, u2, u3, u4", "densities in closed form; no file is read"}},
	}
	for _, name := range []string{"u1", "u2", "u3", "u4"} {
		e.Figures = append(e.Figures, Figure{What: name + ": KL(q‖p) of IAF", Unit: inDivergence, Trainings: []Training{{Name: name, Config: name, short: []string{"train.anneal={from: 0.5, steps: 5}"}}},
			Published: "pictures", Source: "Rezende and Mohamed 2015, arXiv 1505.05770, figure 3", Rule: AtMost(0.05), measure: ofTest(divergence)})
	}
	return e
}

// iafVAE is what an autoencoder gains by a posterior that is an IAF.
func iafVAE() Experiment {
	const source = "De Cao et al. 2019, arXiv 1904.04676, table 2, with convolutions"
	short := []string{"eval.samples=2"}
	diagonal := Training{Name: "diagonal", Config: "vae_diagonal", short: short}
	flow := Training{Name: "iaf", Config: "vae_iaf", short: short}
	return Experiment{
		Name: "iaf-vae", About: "binarised MNIST: a variational autoencoder with a diagonal Gaussian and with an IAF as its posterior",
		Data: []Source{binarisedMNIST},
		Figures: []Figure{
			{What: "diagonal posterior", Unit: "nats a row, −ELBO", Trainings: []Training{diagonal}, Published: "86.55 ± 0.06", Source: source, Rule: AtMost(95), measure: ofTest(negELBO)},
			{What: "IAF posterior", Unit: "nats a row, −ELBO", Trainings: []Training{flow}, Published: "84.20 ± 0.17", Source: source, measure: ofTest(negELBO)},
			{What: "gain by IAF", Unit: "nats a row, −ELBO", Trainings: []Training{diagonal, flow}, Published: "2.35", Source: source, Rule: AtLeast(1), measure: gainOfSecond},
		},
	}
}
