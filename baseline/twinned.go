package baseline

import (
	"fmt"
	"math"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// Twinned is how much of a mean over rows is due to rows that training had, too.
type Twinned struct {
	// Rows is the number of rows with a twin in training, and Share what they weigh of all; see [data.Splits.Twins].
	Rows  int     `json:"rows"`
	Share float64 `json:"share"`
	// NLL is the mean over the others, in nats a row, and NLL2SE twice its standard error; NaN of none. Rows without a
	// likelihood are left out.
	NLL    runlog.Float `json:"nll_others"`
	NLL2SE runlog.Float `json:"nll_others_2se"`
}

// OfTwins tells rows with a twin in training from the others, of ln p of all; nil where no row has one. It returns an error where
// there is not one number for each row.
func OfTwins(s *data.Splits, of *data.Prepared, logp []float64) (*Twinned, error) {
	twins, err := s.Twins(of)
	if err != nil || twins == nil {
		return nil, err
	}
	if len(logp) != of.Rows {
		return nil, tooFew(logp)
	}
	var t Twinned
	var others num.Mean
	all := 0.0
	for i, twin := range twins {
		w := of.Weight(i)
		all += w
		switch {
		case twin:
			t.Rows, t.Share = t.Rows+1, t.Share+w
		case num.Finite(logp[i]):
			others.Add(-logp[i], w)
		}
	}
	if t.Rows == 0 || all == 0 {
		return nil, nil
	}
	t.Share /= all
	t.NLL, t.NLL2SE = runlog.Float(others.Value()), runlog.Float(2*others.StandardError())
	return &t, nil
}

func (t Twinned) String() string {
	said := fmt.Sprintf("%.2g%% of the rows are in training, too", 100*t.Share)
	if num.Finite(float64(t.NLL)) {
		said += fmt.Sprintf(": the others have %s", text.WithError(float64(t.NLL), float64(t.NLL2SE)))
	}
	return said
}

// Disagreement is a sentence where the NLL of the validation rows and that of the test rows, each with twice its standard
// error, are further apart than that of their difference; "" where they are not, or one has no error.
func Disagreement(valid, valid2SE, test, test2SE float64) string {
	if !(math.Abs(valid-test) > math.Hypot(valid2SE, test2SE)) || math.IsInf(valid-test, 0) || !(valid2SE > 0) {
		return ""
	}
	return fmt.Sprintf("validation and test rows disagree by more than their errors: %s and %s nats a row (rows of one kind are in one of them alone, or what is tuned fits the validation rows)",
		text.WithError(valid, valid2SE), text.WithError(test, test2SE))
}

func tooFew(logp []float64) error {
	return fmt.Errorf("%s to compare need as many rows", text.Count(len(logp), "log-likelihood"))
}
