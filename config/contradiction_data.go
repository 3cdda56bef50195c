package config

import "fmt"

func (d *Data) contradictions(report report) {
	if d.Labels && d.ContextColumns > 0 {
		report("the context is either the labels or columns of the rows (set one of labels and context_columns)",
			"data.context_columns", "data.labels")
	}
	if d.Dequantise == 1 {
		report("one grey level says nothing (use at least 2, or 0 for none)", "data.dequantise")
	}
	switch {
	case d.Folds > 0 && d.Fold == 0:
		report("folds have no use without the one to test on (set data.fold)", "data.folds", "data.fold")
	case d.Folds == 1:
		report("one fold leaves no rows to train on (use at least 2)", "data.folds", "data.fold")
	case d.Folds > 0 && d.Fold > d.Folds:
		report(fmt.Sprintf("there are only %d folds, got %d", d.Folds, d.Fold), "data.fold", "data.folds")
	}
}

// valueSpace reports what makes rows of a kind that the model has no density of.
func (c *Config) valueSpace(report report) {
	d, m := &c.Data, &c.Model
	model := []string{"model.type"}
	name := m.Type
	if m.Type == "made" {
		model, name = []string{"model.output", "model.type"}, m.Output
	}
	binary := name == "bernoulli" || name == "vae"
	if !binary {
		if d.Binarize != "" {
			report(fmt.Sprintf("binary rows have no density, and %s needs one (remove binarize, or use model.output bernoulli)", name),
				append([]string{"data.binarize"}, model...)...)
		}
		return
	}
	for _, change := range []struct {
		set  bool
		name string
	}{{d.Dequantise > 0, "dequantise"}, {d.Logit > 0, "logit"}, {d.Standardise, "standardise"}} {
		if change.set {
			report(fmt.Sprintf("%s takes rows of 0 and 1, which %s would change (remove %s, or use a density of real values)", name, change.name, change.name),
				append([]string{"data." + change.name}, model...)...)
		}
	}
}
