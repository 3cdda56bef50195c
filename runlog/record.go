package runlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// formatVersion is the version of run.json and of metrics.jsonl.
const formatVersion = 1

// maxLine bounds a line of metrics.jsonl, newline included. A record of a
// hundred thousand orders fits; a file that is no log at all does not fill the
// memory of its reader.
const maxLine = 4 << 20

// A Record is one line of metrics.jsonl: [Start], [Train], [Valid], [Orders],
// [Samples], [Density], [Checkpoint], [Phase], [Event] or [End]. Time is set by the
// [Writer] and counts seconds as the package comment says.
type Record interface {
	kind() string
	at() Float
}

// Start opens a run or a resumption at a step: the next step taken is Step+1.
type Start struct {
	Version int   `json:"v"`
	Time    Float `json:"time"`
	Step    int64 `json:"step"`
	Resumed bool  `json:"resumed"`
}

// Train is the state of the optimisation after a step. A number that is not
// known is NaN; 0 means 0.
type Train struct {
	Step     int64 `json:"step"`
	Epoch    int   `json:"epoch"`
	Time     Float `json:"time"`
	Loss     Float `json:"loss"`      // mean over the batch, nats a row
	EMA      Float `json:"ema"`       // exponential moving average of Loss
	LR       Float `json:"lr"`        // learning rate
	GradNorm Float `json:"grad_norm"` // Euclidean norm before clipping
	Rate     Float `json:"rate"`      // optimiser steps a second
	Mask     int   `json:"mask"`      // index of the mask set in its cycle
}

// Valid is an evaluation on the validation rows: the mean negative
// log-likelihood in nats a row and twice its standard error.
type Valid struct {
	Step   int64 `json:"step"`
	Epoch  int   `json:"epoch"`
	Time   Float `json:"time"`
	NLL    Float `json:"nll"`
	NLL2SE Float `json:"nll_2se"`
	Best   bool  `json:"best"` // the best so far
}

// Orders is an evaluation of an ensemble over orders, in nats a row.
type Orders struct {
	Step      int64   `json:"step"`
	Time      Float   `json:"time"`
	Split     string  `json:"split"`      // "valid", "test" or "train"
	NLL       Float   `json:"nll"`        // of the ensemble (mean of the densities)
	Mean      Float   `json:"mean"`       // mean over the single orders
	BestOrder Float   `json:"best_order"` // of the best single order
	Gain      Float   `json:"gain"`       // Mean − NLL
	Gain2SE   Float   `json:"gain_2se"`   // twice the standard error of Gain
	ESS       Float   `json:"ess"`        // effective number of orders
	PerOrder  []Float `json:"per_order,omitempty"`
	MaskLoss  []Float `json:"mask_loss,omitempty"` // by index of the mask set
}

// Samples names a file of drawn samples, relative to the run directory, and
// the shape of its array.
type Samples struct {
	Step  int64  `json:"step"`
	Time  Float  `json:"time"`
	File  string `json:"file"`
	Shape []int  `json:"shape"`
}

// Density names a file of log-densities of a model of two variables, relative to
// the run directory: ln p in nats in the middle of each cell of a grid of
// [rows, columns] cells, row 0 that of the smallest y. X and Y are the outer
// edges of the grid, lower and upper.
type Density struct {
	Step  int64    `json:"step"`
	Time  Float    `json:"time"`
	File  string   `json:"file"`
	Shape []int    `json:"shape"`
	X     [2]Float `json:"x"`
	Y     [2]Float `json:"y"`
}

// Checkpoint names a checkpoint that is whole on disk, relative to the run
// directory.
type Checkpoint struct {
	Step int64  `json:"step"`
	Time Float  `json:"time"`
	File string `json:"file"`
}

// Phase says what the run does from here on, after so many steps. Records that
// imply it need none: see [PhaseName.After].
type Phase struct {
	Step  int64     `json:"step"`
	Time  Float     `json:"time"`
	Phase PhaseName `json:"phase"`
}

// Event is a sentence for a person. ID is that of the [ControlRequest] that
// the event answers, or empty.
type Event struct {
	Time Float  `json:"time"`
	ID   string `json:"id"`
	What string `json:"what"`
}

// End closes a run. Status is [Done], [Stopped], [Diverged] or [Failed].
type End struct {
	Status Status  `json:"status"`
	Step   int64   `json:"step"`
	Time   Float   `json:"time"`
	Test   *Result `json:"test,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// Result is an evaluation with its ensemble, in nats a row. NLL is in the
// space of the data as given, NLLModel in that after preprocessing.
type Result struct {
	Split        string `json:"split"`
	Rows         int    `json:"rows"`
	Dim          int    `json:"dim"`
	NLL          Float  `json:"nll"`
	NLL2SE       Float  `json:"nll_2se"`
	NLLModel     Float  `json:"nll_model"`
	Orders       int    `json:"orders"`
	NLLOrderMean Float  `json:"nll_order_mean"`
	Gain         Float  `json:"gain"`
}

func (Start) kind() string      { return "start" }
func (Train) kind() string      { return "train" }
func (Valid) kind() string      { return "valid" }
func (Orders) kind() string     { return "orders" }
func (Samples) kind() string    { return "samples" }
func (Density) kind() string    { return "density" }
func (Checkpoint) kind() string { return "checkpoint" }
func (Phase) kind() string      { return "phase" }
func (Event) kind() string      { return "event" }
func (End) kind() string        { return "end" }

func (r Start) at() Float      { return r.Time }
func (r Train) at() Float      { return r.Time }
func (r Valid) at() Float      { return r.Time }
func (r Orders) at() Float     { return r.Time }
func (r Samples) at() Float    { return r.Time }
func (r Density) at() Float    { return r.Time }
func (r Checkpoint) at() Float { return r.Time }
func (r Phase) at() Float      { return r.Time }
func (r Event) at() Float      { return r.Time }
func (r End) at() Float        { return r.Time }

// TimeOf is the time of a record, NaN when it has none.
func TimeOf(r Record) float64 { return float64(r.at()) }

// encode gives the line of a record, "t" first, newline included.
func encode(r Record) ([]byte, error) {
	var line bytes.Buffer
	fmt.Fprintf(&line, `{"t":%q`, r.kind())
	brace := line.Len()
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("encoding a %s record: %w", r.kind(), err)
	}
	line.Bytes()[brace] = ','
	if line.Len() > maxLine {
		return nil, fmt.Errorf("a %s record of %d bytes is longer than the %d that readers take", r.kind(), line.Len(), maxLine)
	}
	return line.Bytes(), nil
}

// decode reads a line without its newline. The record is nil for a kind that
// this version does not know.
func decode(line []byte) (Record, error) {
	if r, ok := decodeTrain(line); ok {
		return r, nil
	}
	var head struct {
		T *string `json:"t"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	if head.T == nil {
		return nil, fmt.Errorf("no kind of record (key %q)", "t")
	}
	nan := Float(math.NaN())
	switch *head.T {
	case Start{}.kind():
		return decodeInto(line, Start{Time: nan})
	case Train{}.kind():
		return decodeInto(line, unknownTrain)
	case Valid{}.kind():
		return decodeInto(line, Valid{Time: nan, NLL: nan, NLL2SE: nan})
	case Orders{}.kind():
		return decodeInto(line, Orders{Time: nan, NLL: nan, Mean: nan, BestOrder: nan, Gain: nan, Gain2SE: nan, ESS: nan})
	case Samples{}.kind():
		return decodeInto(line, Samples{Time: nan})
	case Density{}.kind():
		return decodeInto(line, Density{Time: nan, X: [2]Float{nan, nan}, Y: [2]Float{nan, nan}})
	case Checkpoint{}.kind():
		return decodeInto(line, Checkpoint{Time: nan})
	case Phase{}.kind():
		return decodeInto(line, Phase{Time: nan})
	case Event{}.kind():
		return decodeInto(line, Event{Time: nan})
	case End{}.kind():
		return decodeInto(line, End{Time: nan})
	}
	return nil, nil
}

func decodeInto[R Record](line []byte, r R) (Record, error) {
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, err
	}
	return r, nil
}

// UnmarshalJSON reads the numbers that the object does not carry as NaN.
func (r *Result) UnmarshalJSON(text []byte) error {
	type plain Result // without this method
	nan := Float(math.NaN())
	p := plain{NLL: nan, NLL2SE: nan, NLLModel: nan, NLLOrderMean: nan, Gain: nan}
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	*r = Result(p)
	return nil
}
