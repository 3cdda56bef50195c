package reproduce

import (
	"fmt"
	"math"
)

// Rule says when a figure counts as reached. The zero value is no rule: the
// figure stands for itself.
type Rule struct {
	kind  ruleKind
	value float64
	tol   float64
}

type ruleKind int

const (
	noRule ruleKind = iota
	within
	atLeast
	atMost
	moreThan
)

// Within is a distance from a number of at most tol.
func Within(value, tol float64) Rule { return Rule{within, value, tol} }

// AtLeast is a threshold from below.
func AtLeast(value float64) Rule { return Rule{kind: atLeast, value: value} }

// AtMost is a threshold from above.
func AtMost(value float64) Rule { return Rule{kind: atMost, value: value} }

// MoreThan is what a model should not get below, since it cannot.
func MoreThan(value float64) Rule { return Rule{kind: moreThan, value: value} }

// String is the rule in symbols, "" for none.
func (r Rule) String() string {
	switch r.kind {
	case within:
		return fmt.Sprintf("%.4g ± %.4g", r.value, r.tol)
	case atLeast:
		return fmt.Sprintf("≥ %.4g", r.value)
	case atMost:
		return fmt.Sprintf("≤ %.4g", r.value)
	case moreThan:
		return fmt.Sprintf("> %.4g", r.value)
	}
	return ""
}

// missing is how much a number is beyond the rule, 0 or less when it is reached.
func (r Rule) missing(v float64) float64 {
	switch r.kind {
	case within:
		return math.Abs(v-r.value) - r.tol
	case atLeast:
		return r.value - v
	case atMost:
		return v - r.value
	case moreThan:
		if v == r.value {
			return math.SmallestNonzeroFloat64
		}
		return r.value - v
	}
	return 0
}

// Verdict says whether a number is reached, or by how much it is not. known is
// false where there is no rule.
func (r Rule) Verdict(v float64) (text string, reached, known bool) {
	if r.kind == noRule {
		return "no target", false, false
	}
	by := r.missing(v)
	switch {
	case math.IsNaN(by):
		return "not reached: not a number", false, true
	case by > 0:
		return fmt.Sprintf("not reached by %.3g", by), false, true
	}
	return "reached", true, true
}
