package reproduce

import (
	"fmt"
	"math"
)

// Rule says when a figure counts as reached. The zero value is no rule: the
// figure stands for itself.
type Rule struct {
	symbol     string // ≥, ≤, > or ±, "" for none
	value, tol float64
}

// Within is a distance from a number of at most tol.
func Within(value, tol float64) Rule { return Rule{"±", value, tol} }

// AtLeast is a threshold from below.
func AtLeast(value float64) Rule { return Rule{symbol: "≥", value: value} }

// AtMost is a threshold from above.
func AtMost(value float64) Rule { return Rule{symbol: "≤", value: value} }

// MoreThan is what a model should not get below, since it cannot.
func MoreThan(value float64) Rule { return Rule{symbol: ">", value: value} }

// String is the rule in symbols, "" for none.
func (r Rule) String() string {
	switch r.symbol {
	case "":
		return ""
	case "±":
		return fmt.Sprintf("%.4g ± %.4g", r.value, r.tol)
	}
	return fmt.Sprintf("%s %.4g", r.symbol, r.value)
}

// Verdict reports whether a number is reached, or by how much it is not. known is
// false where there is no rule.
func (r Rule) Verdict(v float64) (text string, reached, known bool) {
	var by float64 // that is missing, 0 or less when the number is reached
	switch r.symbol {
	case "":
		return "no target", false, false
	case "±":
		by = math.Abs(v-r.value) - r.tol
	case "≤":
		by = v - r.value
	default:
		by = r.value - v
	}
	switch {
	case math.IsNaN(by):
		return "not reached: not a number", false, true
	case by > 0 || by == 0 && r.symbol == ">":
		return fmt.Sprintf("not reached by %.3g", by), false, true
	}
	return "reached", true, true
}
