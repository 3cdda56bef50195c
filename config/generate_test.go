package config

import (
	"slices"
	"unicode"

	"pgregory.net/rapid"
)

// configs draws resolved configurations that have nothing wrong with them.
func configs() *rapid.Generator[*Config] {
	return rapid.Custom(func(t *rapid.T) *Config {
		c := &Config{}
		for i := range table {
			k := &table[i]
			if !k.used(c) {
				continue
			}
			draw(t, k, c)
		}
		mend(c)
		c.Resolve()
		return c
	})
}

// draw sets the field of k to a value within its limits, or leaves it at its default.
func draw(t *rapid.T, k *key, c *Config) {
	p := k.at(c)
	assign(p, k.fallback(c))
	if !k.required && rapid.Bool().Draw(t, k.path+" by default") {
		return
	}
	whole := func() int {
		return rapid.IntRange(int(k.limits.low), int(k.limits.high)).Draw(t, k.path)
	}
	switch field := p.(type) {
	case *string:
		switch {
		case k.values != nil:
			*field = rapid.SampledFrom(k.values).Draw(t, k.path)
		case k.path == "name":
			*field = rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9._-]{0,99}`).Draw(t, k.path)
		default:
			text := rapid.OneOf(
				rapid.SampledFrom([]string{"null", "true", "No", "1e-3", "0x10", "~", "2024-01-01", "a: b", "- a", "#a", " a ", `"`, `\`, "'", "<<", "*a", "é", "日本", "a.b/c-d_e", "=", ".nan", "{", "a #b"}),
				rapid.StringOf(rapid.RuneFrom([]rune(` "'\:#{}[],&*!|>%@-?`), unicode.PrintRanges...)),
			).Draw(t, k.path)
			if text == "" && k.required {
				text = "x"
			}
			*field = text
		}
	case *bool:
		*field = rapid.Bool().Draw(t, k.path)
	case *int:
		*field = whole()
	case *uint64:
		*field = rapid.Uint64().Draw(t, k.path)
	case **uint64:
		*field = new(rapid.Uint64().Draw(t, k.path))
	case *float64:
		x := rapid.Float64Range(k.limits.low, k.limits.high).Draw(t, k.path)
		if k.limits.checkReal(x) == "" {
			*field = x
		}
	case *[]int:
		*field = rapid.SliceOfN(rapid.IntRange(1, maxSize), 0, 5).Draw(t, k.path)
	case *[]string:
		column := rapid.OneOf(rapid.SampledFrom([]string{"quality", "3", "a b", "-1", "é", "null", "[x]"}), rapid.StringOfN(rapid.RuneFrom(nil, unicode.PrintRanges...), 1, 20, -1))
		if columns := rapid.SliceOfNDistinct(column, 0, 3, rapid.ID).Draw(t, k.path); len(columns) > 0 {
			*field = columns
		}
	case *[3]float64:
		valid := rapid.Float64Range(1e-3, 0.4).Draw(t, k.path)
		*field = [3]float64{1 - 2*valid, valid, valid}
	case *Count:
		*field = Count(whole())
		if rapid.Bool().Draw(t, "unlimited") {
			*field = Unlimited
		}
	case *Order:
		*field = Order{Name: rapid.SampledFrom(k.values).Draw(t, k.path)}
		if rapid.Bool().Draw(t, "listed") {
			*field = Order{Degrees: rapid.Permutation([]int{1, 2, 3, 4, 4, 5, 5}).Draw(t, k.path)}
		}
	default:
		t.Fatalf("no way to draw %s, a %T", k.path, p)
	}
}

// mend takes back what contradicts itself.
func mend(c *Config) {
	mendData(c)
	mendModel(&c.Model)
	mendTrain(&c.Train)
}

func mendData(c *Config) {
	d := &c.Data
	if d.Labels {
		d.ContextColumns = 0
	}
	if d.Dequantise == 1 {
		d.Dequantise = 2
	}
	if d.Fold == 0 || d.Folds == 1 || d.Folds < d.Fold {
		d.Folds = 0
	}
	if c.Model.Output == "bernoulli" || c.Model.Type == "vae" {
		d.Dequantise, d.Logit, d.Standardise = 0, 0, false
	} else {
		d.Binarize = ""
	}
}

func mendModel(m *Model) {
	if m.Type == "made" && (m.Degrees == "sequential" || len(m.Hidden) == 0) {
		m.Orders.Resample = "order"
	}
	if m.Order.Degrees != nil {
		m.Groups = min(m.Groups, 5)
	}
	if m.Degrees == "sampled" || len(m.Hidden) == 0 {
		m.Residual = false
	}
	if m.Residual {
		m.Hidden = slices.Repeat(m.Hidden[:1], len(m.Hidden))
	}
	if m.Type == "maf" && m.Transform == "gated" {
		m.Transform = "affine"
	}
	if m.Type == "iaf" && m.Normalise == "batch" {
		m.Normalise = "act"
	}
}

func mendTrain(t *Train) {
	o, s, a := &t.Optimizer, &t.Schedule, &t.Anneal
	if o.Momentum == 0 {
		o.Nesterov = false
	}
	if o.Name == "adamw" && o.WeightDecay == 0 {
		o.WeightDecay = 0.01
	}
	if t.MaxEpochs+t.MaxSteps+t.LookAhead == 0 {
		t.LookAhead = 7
	}
	if t.MaxSteps > 0 {
		s.WarmUp = min(s.WarmUp, t.MaxSteps)
	}
	if s.Name == "linear" || s.Name == "cosine" {
		s.Steps = s.WarmUp + max(s.Steps, 1)
		if s.Steps > maxSteps {
			s.WarmUp, s.Steps = 0, 1
		}
	}
	if s.Name == "plateau" {
		s.Patience = 1
		if t.LookAhead == 1 {
			t.LookAhead = 2
		}
	}
	switch {
	case a.From == 0 || a.From == 1:
		a.Steps = 0
	case t.MaxSteps > 0:
		a.Steps = min(max(a.Steps, 1), t.MaxSteps)
	default:
		a.Steps = max(a.Steps, 1)
	}
}
