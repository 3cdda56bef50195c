package runlog

import "fmt"

// PhaseName is what a run is doing. A reader may meet one that it does not know,
// written by a later version.
type PhaseName string

// The values of PhaseName. It is empty when nothing is known: before the first
// record that tells, and after the end.
const (
	Compiling  PhaseName = "compile"  // before the first step of a process
	Training   PhaseName = "train"    // taking steps
	Validating PhaseName = "validate" // evaluating the validation rows
	Testing    PhaseName = "test"     // evaluating the test rows, the last thing a run does
)

func (r Phase) check() error {
	switch r.Phase {
	case Compiling, Training, Validating, Testing:
		return nil
	}
	return fmt.Errorf("a run has no phase %q, only %s, %s, %s and %s", r.Phase, Compiling, Training, Validating, Testing)
}

// After returns the phase of a run, which was p, when a record has come. A
// [Phase] names it. A [Train] record implies [Training], and so does a [Valid]
// record, with which a validation is over: a training need not say after each
// that it goes on. A [Start] and an [End] leave no phase, and other records do
// not change it.
func (p PhaseName) After(r Record) PhaseName {
	switch r := r.(type) {
	case Phase:
		return r.Phase
	case Train, Valid:
		return Training
	case Start, End:
		return ""
	}
	return p
}
