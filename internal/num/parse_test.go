package num

import (
	"math"
	"testing"
)

func TestParseCell(t *testing.T) {
	for cell, want := range map[string]float64{
		"7": 7, "-1.50": -1.5, "+1e3": 1000, "2.E-1": 0.2, ".5": 0.5, "1e400": math.Inf(1), "-1e400": math.Inf(-1), "1e-400": 0,
	} {
		if got := ParseCell(cell, '.'); got != want {
			t.Errorf("%q is %v, want %v", cell, got, want)
		}
	}
	if got := ParseCell("-1.50 ", '.'); got != -1.5 {
		t.Errorf("a blank behind a number makes it %v", got)
	}
	for _, cell := range []string{"", " ", "1_2", "0x1p-2", "0X10", "1e5_0", "Inf", "-infinity", "nan", "NaN", "1,5", "1 2", "e", "1.2.3", "+-1", "١"} {
		if got := ParseCell(cell, '.'); !math.IsNaN(got) {
			t.Errorf("%q is %v", cell, got)
		}
	}
	for cell, number := range map[string]bool{"1,5": true, "1.5": false, "1.234,5": false, "1,2,3": false, "-,5e1": true} {
		if got := ParseCell(cell, ','); number == math.IsNaN(got) {
			t.Errorf("with a decimal comma %q is %v", cell, got)
		}
	}
}
