package data

import (
	"fmt"
	"slices"
)

var binarizeModes = []string{"threshold", "sample"}

func checkBinarize(mode string) error {
	if slices.Contains(binarizeModes, mode) {
		return nil
	}
	return fmt.Errorf("binarize: %q is not known (threshold and sample are)%s", mode, didYouMean(mode, binarizeModes))
}

// Binarize turns grey values into bits, in place. Values are p in [0, 1] or,
// when any value of any set is above 1, 255·p in [0, 255]. Mode "threshold" is
// 1 where p > 1/2; mode "sample" is one draw of a Bernoulli variable with
// probability p for each value, the same for the same seed (Salakhutdinov and
// Murray 2008 binarised MNIST so).
//
// It returns an error, and changes nothing, when a value is outside that range.
func Binarize(mode string, seed uint64, sets ...*Set) error {
	if err := checkBinarize(mode); err != nil {
		return err
	}
	white := 1.0
	for _, s := range sets {
		for k, v := range s.X {
			if v > 1 {
				white = 255
			}
			if !(v >= 0 && v <= 255) {
				return fmt.Errorf("%s: %s is %v: only values in [0, 1] or [0, 255] can be binarised", s.Name, s.place(k/s.Dim, k%s.Dim), v)
			}
		}
	}
	for i, s := range sets {
		r := newRand(seed, streamBinarize<<32|uint64(i))
		for k, v := range s.X {
			level := 0.5
			if mode == "sample" {
				level = r.Float64()
			}
			s.X[k] = 0
			if float64(v) > level*white {
				s.X[k] = 1
			}
		}
	}
	return nil
}
