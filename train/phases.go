package train

import (
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// phases is what the records of this process say that it is doing.
type phases struct {
	now       runlog.PhaseName
	stepped   bool          // a step was taken
	validated bool          // a validation was made
	took      time.Duration // the last one
}

// announcedFrom is what a validation takes at the least that is worth a record of
// its own.
const announcedFrom = 500 * time.Millisecond

// announce records what comes next, unless the records say so already.
func (t *Trainer) announce(next runlog.PhaseName) error {
	if t.phases.now == next {
		return nil
	}
	return t.record(runlog.Phase{Step: t.p.Step, Phase: next})
}

// announceValidation announces one that may take long: the first, which nothing is
// known of and which compiles, and those after one that did.
func (t *Trainer) announceValidation() error {
	if t.phases.validated && t.phases.took <= announcedFrom {
		return nil
	}
	return t.announce(runlog.Validating)
}

// spent notes how long a validation took.
func (p *phases) spent(d time.Duration) { p.validated, p.took = true, d }
