package reproduce

import "fmt"

// binarisedMNIST is where Salakhutdinov and Murray's digits are.
var binarisedMNIST = Source{"binary/binarized_mnist.npz", "Hugo Larochelle, www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist; " + asArrays}

const asArrays = "as arrays train, valid and test of zeros and ones"

// wine is the experiment of a wine: ten folds of a MAF and of one with splines,
// beside RNADE.
func wine(name, preset, about, published string, rnade float64, from Source) Experiment {
	const paper = "RNADE with one order, Uria et al. 2014, arXiv 1310.1757, table 3"
	folds := func(kind string, sets ...string) []Training {
		var all []Training
		for k := 1; k <= 10; k++ {
			all = append(all, Training{Name: fmt.Sprintf("%s-fold%d", kind, k), Config: preset, Sets: append([]string{fmt.Sprintf("data.fold=%d", k)}, sets...)})
		}
		return all
	}
	figure := func(what string, of []Training) Figure {
		return Figure{What: what, Unit: inLogLikelihood + ", mean ± deviation over ten folds", Trainings: of, Paper: Published{published, paper}, Rule: AtLeast(rnade), measure: overFolds}
	}
	return Experiment{Name: name, About: about, Data: []Source{from}, Figures: []Figure{
		figure("MAF", folds("maf")),
		figure("MAF of splines", folds("spline", "model={type: maf, layers: 5, transform: spline, bins: 8, bound: 4, permute: reverse, hidden: [64], activation: tanh}")),
	}}
}

func wineRed() Experiment {
	return wine("wine-red", "wine_red", "chemistry of red wine in RNADE's ten folds", "-9.36", -9.36,
		Source{"real/red_wine_folds.npz", "the folds of deepnade/ in github.com/MarcCote/NADE, as arrays fold_1 to fold_10"})
}

func wineWhite() Experiment {
	return wine("wine-white", "wine_white", "chemistry of white wine in ten folds of our own", "-10.23", -10.23,
		Source{"real/winequality-white.csv", "UCI Machine Learning Repository, Wine Quality: archive.ics.uci.edu/dataset/186"})
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
		from := Source{"binary/" + r.name + ".npz", "the rows and splits of the MADE paper, " + asArrays}
		if r.name == "connect4" {
			from = Source{"connect4", "found by search; no file is read"}
		}
		figure := func(what, preset string, nats, interval, allowed float64) Figure {
			return Figure{What: what, Unit: inNLL, Trainings: []Training{{Name: preset, Config: preset}},
				Paper: Published{fmt.Sprintf("%.2f ± %.2f", nats, interval), source}, Rule: AtMost(nats + allowed), measure: ofTest(nll)}
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
