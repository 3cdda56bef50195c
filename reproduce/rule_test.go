package reproduce

import (
	"math"
	"testing"
)

func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		rule    Rule
		value   float64
		text    string
		reached bool
	}{
		{Within(96.7, 0.5), 97.1, "reached", true},
		{Within(96.7, 0.5), 96.2, "reached", true},
		{Within(96.7, 0.5), 97.45, "not reached by 0.25", false},
		{Within(96.7, 0.5), 95.95, "not reached by 0.25", false},
		{AtLeast(155), 155, "reached", true},
		{AtLeast(155), 154.5, "not reached by 0.5", false},
		{AtMost(0.05), 0.04, "reached", true},
		{AtMost(0.05), 0.075, "not reached by 0.025", false},
		{MoreThan(0.02), 0.5, "reached", true},
		{MoreThan(0.02), 0.01, "not reached by 0.01", false},
		{AtMost(1), math.NaN(), "not reached: not a number", false},
		{AtMost(1), math.Inf(1), "not reached by +Inf", false},
	} {
		text, reached, known := tt.rule.Verdict(tt.value)
		if text != tt.text || reached != tt.reached || !known {
			t.Errorf("%v of %v: %q, %v, %v", tt.rule, tt.value, text, reached, known)
		}
	}
	if _, reached, _ := MoreThan(0.02).Verdict(0.02); reached {
		t.Error("0.02 is more than 0.02")
	}
	if text, reached, known := (Rule{}).Verdict(3); text != "no target" || reached || known {
		t.Errorf("no rule: %q, %v, %v", text, reached, known)
	}
	for want, r := range map[string]Rule{"96.7 ± 0.5": Within(96.7, 0.5), "≥ 155": AtLeast(155), "≤ 0.05": AtMost(0.05), "> 0.02": MoreThan(0.02), "": {}} {
		if r.String() != want {
			t.Errorf("%q, want %q", r, want)
		}
	}
}
