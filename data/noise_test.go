package data

import (
	"math"
	"slices"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/internal/num"
)

// noisy are the options that add noise, beside a table that they take: whole numbers
// from 0 to 3, of 255 and as they are.
var noisy = map[string]Options{
	"binarize":   {Binarize: "sample", White: 3, Seed: new(uint64(5))},
	"dequantise": {Dequantize: 4, Seed: new(uint64(5))},
}

func levels(rows int) *Table {
	t := &Table{}
	for i := range rows {
		t.Append([]float64{float64(i % 4), float64(i / 4 % 4), float64(i / 16 % 4)})
	}
	return t
}

// The noise of a row that is evaluated follows from the seed and its values: it is the
// same in another place, in another split, in a file and alone, in float32 and float64.
// Equal rows that are trained on have noise of their own.
func TestNoiseFollowsFromTheRow(t *testing.T) {
	all := levels(640)
	for name, o := range noisy {
		trained := must.M1(Split(all, o))
		o.Prep, o.Evaluate = trained.Prep, true
		evaluated := must.M1(Split(all, o))
		byRow := map[[3]float64][]float32{}
		whole := must.M1(trained.Prep.Apply(all))
		for i := range all.Rows() {
			key := [3]float64(all.Row(nil, i))
			if before, ok := byRow[key]; ok && !slices.Equal(before, whole.Row(i)) {
				t.Fatalf("%s: row %v is %v and %v", name, key, before, whole.Row(i))
			}
			byRow[key] = whole.Row(i)
			alone := must.M1(trained.Prep.Apply(must.M1(FromFlat([]float32{float32(key[0]), float32(key[1]), float32(key[2])}, 3))))
			if !slices.Equal(alone.X, whole.Row(i)) {
				t.Fatalf("%s: row %v is %v alone and %v in its file", name, key, alone.X, whole.Row(i))
			}
		}
		for split, same := range map[string]bool{"train": false, "valid": true, "test": true} {
			of, again := must.M1(trained.Get(split)), must.M1(evaluated.Get(split))
			if slices.Equal(of.X, again.X) != same {
				t.Errorf("%s: %s has the noise of an evaluation: %v, want %v", name, split, !same, same)
			}
			for i := range again.Rows {
				if key := [3]float64(all.Row(nil, again.places[i])); !slices.Equal(again.Row(i), byRow[key]) {
					t.Fatalf("%s, %s: row %v is %v, and %v as a file", name, split, key, again.Row(i), byRow[key])
				}
			}
		}
		o.Seed, o.Prep = new(uint64(6)), nil
		if other := must.M1(must.M1(Split(all, o)).Prep.Apply(all)); slices.Equal(other.X, whole.X) {
			t.Errorf("%s: another seed has the same noise", name)
		}
	}
}

// The noise of training rows is that of version 0.1.0, and so is all of its runs.
func TestNoiseByPlace(t *testing.T) {
	all := levels(640)
	for name, o := range noisy {
		stream := map[string]Stream{"binarize": streamBinarize, "dequantise": streamNoise}[name]
		want := func(place int, rows []int) (x []float32) {
			r := stream.Part(place).Rand(5)
			for _, row := range rows {
				for _, v := range all.Row(nil, row) {
					u := r.Float64()
					switch {
					case name == "dequantise":
						x = append(x, float32((v+u)/4))
					case v > u*3:
						x = append(x, 1)
					default:
						x = append(x, 0)
					}
				}
			}
			return x
		}
		if s := must.M1(Split(all, o)); !slices.Equal(s.Train.X, want(0, s.Train.places)) {
			t.Errorf("%s: the noise of training rows is another", name)
		}
		o.NoiseByPlace = true
		s := must.M1(Split(all, o))
		for i, n := range s.Sets() {
			if !slices.Equal(n.Set.X, want(i, n.Set.places)) {
				t.Errorf("%s: the noise of %s is another", name, n.Split)
			}
		}
		if other := must.M1(s.Prep.Apply(all)); !slices.Equal(other.X, want(3, sequence(0, 640))) {
			t.Errorf("%s: the noise of a file is another", name)
		}
	}
}

// The noise of an evaluation is uniform, and a share p of its draws is 1.
func TestNoiseIsUniform(t *testing.T) {
	grey, bits := &Table{}, 0.
	for i := range 60000 {
		grey.Append([]float64{0.3 + 1e-6*float64(i%100), float64(i)})
	}
	p := NewPreparation(2, 0, &Binarize{"sample", 1, 60000})
	for i, v := range must.M1(p.Apply(grey)).X {
		if i%2 == 1 {
			bits += float64(v) / 60000
		}
	}
	if math.Abs(bits-0.5) > 0.005 {
		t.Errorf("the mean of the bits is %v, want 0.5", bits)
	}
	var u []float64
	for i, v := range must.M1(NewPreparation(2, 0, &Dequantise{Levels: 1 << 16, Seed: 1}).Apply(must.M1(FromFlat(sequenceOf(20000), 2)))).X {
		if x := float64(v) * (1 << 16); i < 2000 {
			u = append(u, x-math.Floor(x))
		}
	}
	if _, p := num.KS(u, nil); p < 1e-3 {
		t.Errorf("the noise is not uniform: p = %v", p)
	}
}

func sequenceOf(n int) (x []float64) {
	for i := range n {
		x = append(x, float64(i))
	}
	return x
}

// Rows that have their noise keep it, there and back; whole rows get some.
func TestRowsThatHaveNoise(t *testing.T) {
	p := NewPreparation(2, 0, &Dequantise{Levels: 4, Noisy: true})
	rows := must.M1(FromRows([][]float64{{0.25, 3}, {3, 2}}))
	s := must.M1(p.Apply(rows))
	if !slices.Equal(s.Row(0), []float32{0.0625, 0.75}) || s.X[2] == 0.75 {
		t.Errorf("the rows become %v", s.X)
	}
	datatest.WantTable(t, must.M1(p.Undo(s.X[:2])), 1, 2, 0.25, 3)
	_, err := p.Apply(must.M1(FromRows([][]float64{{0.25, 4.5}})))
	datatest.WantError(t, err, "row 0, column 1", "is 4.5")
}

// White is that of the training rows, and no other rows change it.
func TestWhiteIsFixedByTraining(t *testing.T) {
	unit := must.M1(FromRows([][]float64{{0.25, 0.75}, {0.5, 1}, {1, 0}}))
	for name, c := range map[string]struct {
		train []float64
		o     Options
		white float64
		bad   string
	}{
		"from 0 to 1":          {[]float64{0.25, 0.75, 1, 0}, Options{}, 1, ""},
		"levels":               {[]float64{0, 3, 200, 1}, Options{}, 255, ""},
		"one value above":      {[]float64{0.25, 0.75, 1.004, 0}, Options{}, 1, "row 1, column 0 (counted from 0) is 1.004"},
		"one level of bits":    {[]float64{0, 1, 200.5, 0}, Options{}, 1, "row 1, column 0 (counted from 0) is 200.5"},
		"two of bits":          {[]float64{0, 1, 1, 2}, Options{}, 1, "row 1, column 1 (counted from 0) is 2"},
		"sixteen, unsaid":      {[]float64{0, 1, 16, 2}, Options{}, 1, "row 1, column 0 (counted from 0) is 16"},
		"sixteen":              {[]float64{0, 1, 16, 2}, Options{White: 16}, 16, ""},
		"sixteen, and one off": {[]float64{0, 1, 17, 2}, Options{White: 16}, 16, "row 1, column 0 (counted from 0) is 17"},
	} {
		train := must.M1(FromFlat(c.train, 2))
		c.o.Binarize = "threshold"
		s, err := Prepare(Source{Train: Part{Table: train}, Valid: Part{Table: train}, Test: Part{Table: train}}, c.o)
		if c.bad != "" {
			datatest.WantError(t, err, c.bad)
			continue
		}
		if err != nil || s.Prep.Steps[0].(*Binarize).White != c.white {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	// Brighter rows elsewhere are refused.
	_, err := Prepare(Source{Train: Part{Table: unit}, Valid: Part{Table: unit}, Test: Part{Table: levels(64).Select(nil, []int{0, 1})}}, Options{Binarize: "threshold"})
	datatest.WantError(t, err, "is 2, not a grey value from 0 to 1")
}
