package reproduce

import (
	"fmt"

	"github.com/maskflow/maskflow/data/recipe"
	"github.com/maskflow/maskflow/data/toy"
)

const mafPaper = "Papamakarios et al. 2017, arXiv 1705.07057"

// nats are the units of the tables.
const (
	inLogLikelihood = "nats a row, log-likelihood in model space"
	inDivergence    = "nats"
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
			{What: "Gaussian, full covariance", Unit: inLogLikelihood, Paper: Published{"96.67 ± 0.25", source}, Rule: Within(96.7, 0.5), measure: gaussianOf(maf)},
			{What: "MADE 2 × 512", Unit: inLogLikelihood, Trainings: []Training{made}, Paper: Published{"148.85 ± 0.28", source}, Rule: AtLeast(148.3), measure: ofTest(logLikelihood)},
			{What: "MAF (5) 2 × 512", Unit: inLogLikelihood, Trainings: []Training{maf}, Paper: Published{"155.69 ± 0.28", source}, Rule: AtLeast(155.0), measure: ofTest(logLikelihood)},
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
			Paper: Published{"a picture", source}, Rule: r, measure: gapTo("banana")}
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
			Paper: Published{"pictures", "Rezende and Mohamed 2015, arXiv 1505.05770, figure 3"}, Rule: AtMost(0.05), measure: ofTest(divergence)})
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
			{What: "diagonal posterior", Unit: "nats a row, −ELBO", Trainings: []Training{diagonal}, Paper: Published{"86.55 ± 0.06", source}, Rule: AtMost(95), measure: ofTest(negELBO)},
			{What: "IAF posterior", Unit: "nats a row, −ELBO", Trainings: []Training{flow}, Paper: Published{"84.20 ± 0.17", source}, measure: ofTest(negELBO)},
			{What: "gain by IAF", Unit: "nats a row, −ELBO", Trainings: []Training{diagonal, flow}, Paper: Published{"2.35", source}, Rule: AtLeast(1), measure: gainOfSecond},
		},
	}
}
