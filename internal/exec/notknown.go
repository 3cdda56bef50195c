package exec

import (
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

// NotKnownError reports a row that no order can be evaluated at: what is not known of it is
// before something that is, in all of them.
type NotKnownError struct {
	// Row and Variable count from 0.
	Row, Variable int
	// Orders is the number of orders, 0 for a model without.
	Orders int
	// Given is true where the model is given the variable and was so in every row of its training.
	Given bool
}

func (e *NotKnownError) Error() string {
	return e.placed(fmt.Sprintf("row %d, variable %d (counted from 0)", e.Row, e.Variable))
}

// placed is the text of the error with the place in words.
func (e *NotKnownError) placed(place string) string {
	if e.Given {
		return place + " is not known, and the model predicts its targets given that it is (fill the cell, or train with data.holes: unknown)"
	}
	if e.Orders == 0 {
		return place + " is not known, and this model cannot sum it out (a MADE can)"
	}
	return fmt.Sprintf("%s is not known, and of the model's %s none has what is not known of the row after all that is (fill the cell, leave the row out, or train with more model.orders)",
		place, text.Count(e.Orders, "order"))
}

// unusable finds the rows x [n, width] of which something is not known that members cannot sum out:
// of them lost[k] lists the rows that member k has no likelihood of. The error is a *NotKnownError
// where none has one.
func unusable(d models.Definition, all []member, x []float32, n int) (lost [][]int, err error) {
	if _, ok := d.(models.Targeted); ok {
		if i, variable, ok := models.Ungiven(d, x, n); ok {
			return nil, &NotKnownError{Row: i, Variable: variable, Given: true}
		}
		return nil, nil
	}
	if _, any := d.(models.AnyOrder); any || n == 0 || !slices.ContainsFunc(x, models.IsNotKnown) {
		return nil, nil
	}
	dim, width := d.Dim(), len(x)/n
	_, mapped := d.(models.Flow) // then no variable of the base is known
	lost = make([][]int, len(all))
	for i := range n {
		row := x[i*width:][:dim]
		first := slices.IndexFunc(row, models.IsNotKnown)
		if first < 0 {
			continue
		}
		usable := 0
		for k, m := range all {
			if m.set == nil || mapped {
				return nil, &NotKnownError{Row: i, Variable: first}
			}
			known, unknown := 0, math.MaxInt // the last and the first degree of such
			for v, degree := range m.set.Order {
				if models.IsNotKnown(row[v]) {
					unknown = min(unknown, degree)
				} else {
					known = max(known, degree)
				}
			}
			if known > unknown {
				lost[k] = append(lost[k], i)
			} else {
				usable++
			}
		}
		if usable == 0 {
			return nil, &NotKnownError{Row: i, Variable: first, Orders: len(all)}
		}
	}
	return lost, nil
}

// Joint is the logarithm of the mean of the probabilities that members of an ensemble give a row:
// of those that can, which the others, NaN, cannot.
func Joint(perMember []float64) float64 {
	if !slices.ContainsFunc(perMember, math.IsNaN) {
		return num.LogMeanExp(perMember)
	}
	return num.LogMeanExp(slices.DeleteFunc(slices.Clone(perMember), math.IsNaN))
}
