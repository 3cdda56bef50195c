package runlog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
)

// formatVersion is the version of run.json and of metrics.jsonl. Version 1, of maskflow 0.1.0, has an id in run.json alone
// and one hash; a run that began with it keeps it.
const formatVersion = 2

// maxLine bounds a line of metrics.jsonl, newline included. A record of a
// hundred thousand orders fits; a file that is no log at all does not fill the
// memory of its reader.
const maxLine = 4 << 20

// A Record is one line of metrics.jsonl: a [Start], [Train], [Valid], [Orders],
// [Samples], [Density], [Calibration], [Checkpoint], [Phase], [Event] or [End]. Its Time is set
// by [Writer.Append] and counts seconds as the package comment says.
//
// A new kind is a struct with a Time and a name here, and a line in the table
// kinds; a new field is a field of its struct.
type Record interface {
	kind() string
}

// Start opens a run or a resumption at a step: the next step taken is Step+1.
type Start struct {
	Version int    `json:"v"`
	Run     string `json:"run"` // the run's id
	Time    Float  `json:"time"`
	Step    int64  `json:"step"`
	Resumed bool   `json:"resumed"`
	// Units are those of the training losses that follow: DataUnits, in which
	// validations are, or empty for OwnUnits.
	Units string `json:"units,omitempty"`
	// Basis is what the likelihoods that follow are of, nil in the log of a version that did not record it, and Independent
	// the negative log-likelihood of independent columns on the validation rows, in nats a row, nil where there is none.
	Basis       *Basis `json:"basis,omitempty"`
	Independent *Float `json:"independent_nll,omitempty"`
}

// Basis is what likelihoods are of. Those of two runs can be compared where all of it is equal.
type Basis struct {
	// Figure is what a validation measures: a likelihood, a conditional likelihood of some columns, a bound by so many draws.
	Figure string `json:"figure"`
	// Columns is a digest of the names, roles, kinds and levels of the columns.
	Columns string `json:"columns"`
	// Steps is a digest of what of them has a probability and what a density, and in which units: steps, periods, atoms,
	// holes, noise.
	Steps string `json:"steps"`
	// Valid and Test are the number of the validation and of the test rows, and a digest of them in any order.
	Valid string `json:"valid"`
	Test  string `json:"test"`
}

// DataUnits are nats a row in the units of the source.
const DataUnits = "data"

// Train is the state of the optimisation after a step. A number that is not
// known is NaN; 0 means 0.
type Train struct {
	Step     int64   `json:"step"`
	Epoch    int32   `json:"epoch"`
	Mask     int32   `json:"mask"` // index of the mask set in its cycle
	Time     Float   `json:"time"`
	Loss     Float   `json:"loss"`      // mean over the batch, nats a row
	EMA      Float32 `json:"ema"`       // exponential moving average of Loss
	LR       Float32 `json:"lr"`        // learning rate
	GradNorm Float32 `json:"grad_norm"` // Euclidean norm before clipping
	Rate     Float32 `json:"rate"`      // optimiser steps a second
}

// Valid is an evaluation on the validation rows: the mean negative
// log-likelihood in nats a row and twice its standard error. Where BadRows have no
// likelihood NLL is Inf, and Others and the error are of the other rows.
type Valid struct {
	Step    int64 `json:"step"`
	Epoch   int   `json:"epoch"`
	Time    Float `json:"time"`
	NLL     Float `json:"nll"`
	NLL2SE  Float `json:"nll_2se"`
	Best    bool  `json:"best"` // the best so far
	BadRows int   `json:"bad_rows"`
	Others  Float `json:"nll_others"`
}

// OfOthers is the mean over the rows that have a likelihood.
func (r Valid) OfOthers() Float { return others(r.NLL, r.Others, r.BadRows) }

func others(nll, others Float, bad int) Float {
	if bad > 0 {
		return others
	}
	return nll
}

// Better reports whether a validation is better than another: of fewer rows without a
// likelihood, or of as many and a smaller mean over the others. One without a mean is
// better than none.
func (r Valid) Better(than Valid) bool {
	mine, other := float64(r.OfOthers()), float64(than.OfOthers())
	switch {
	case !num.Finite(mine):
		return false
	case !num.Finite(other):
		return true
	}
	return cmp.Or(cmp.Compare(r.BadRows, than.BadRows), cmp.Compare(mine, other)) < 0
}

// Orders is an evaluation of an ensemble over orders, in nats a row, by the rows that
// have a likelihood.
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

// Calibration is what some pairs of variables and a context say of samples of a conditional model: true values are as one more
// draw where it is right. Pairs with weights count by them.
type Calibration struct {
	Step  int64  `json:"step"`
	Time  Float  `json:"time"`
	Split string `json:"split"` // of the pairs
	Pairs int    `json:"pairs"`
	Draws int    `json:"draws"` // for each pair
	Dim   int    `json:"dim"`   // variables
	// Levels are the probabilities of the regions whose coverage is counted.
	Levels []Float `json:"levels"`
	// Variables are those of the smallest P, at most [MostRanked], in their order, and Density is of densities.
	Variables []Ranks `json:"variables"`
	Density   Ranks   `json:"density"`
	// Gain is the mean of ln q(y|x) − ln q(y), in nats, a lower bound of it, and Gain2SE twice its standard error; a model
	// whose gain is within it Ignores its context.
	Gain    Float `json:"gain"`
	Gain2SE Float `json:"gain_2se"`
	Ignores bool  `json:"ignores_context"`
}

// MostRanked is the most variables of a [Calibration].
const MostRanked = 100

// Ranks are where true values are among samples: uniform where a model is right.
type Ranks struct {
	Name string `json:"name"`
	// KS is the largest distance of their distribution from the uniform one, P the probability of one as large or larger.
	KS Float `json:"ks"`
	P  Float `json:"p"`
	// Coverage are the shares of true values in regions of the levels: central ones, or those of highest density.
	Coverage []Float `json:"coverage"`
	// Histogram is how many ranks there are in equal parts of [0, 1], beside so many as are expected: 1 where as many.
	Histogram []Float `json:"histogram"`
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
	Done  int       `json:"done,omitempty"` // per cent of it, of what takes long
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
// space of the data as given, NLLModel in that after preprocessing. Where BadRows have
// no likelihood both are Inf, and all else is of the other rows. Where Targets are named all is of these given the other
// columns, and Objective is [ConditionalLikelihood].
type Result struct {
	Split        string   `json:"split"`
	Objective    string   `json:"objective,omitempty"` // where it is not the likelihood of whole rows
	Targets      []string `json:"targets,omitempty"`
	Rows         int      `json:"rows"`
	Dim          int      `json:"dim"`
	NLL          Float    `json:"nll"`
	NLL2SE       Float    `json:"nll_2se"`
	NLLModel     Float    `json:"nll_model"`
	Orders       int      `json:"orders"`
	NLLOrderMean Float    `json:"nll_order_mean"`
	Gain         Float    `json:"gain"`
	BadRows      int      `json:"bad_rows"`
	Others       Float    `json:"nll_others"`
	// Independent is the NLL of independent columns on the same rows, nil where there is none.
	Independent *Float `json:"independent_nll,omitempty"`
}

// ConditionalNLL names the figures of a run that is [Manifest.Conditional].
const ConditionalNLL = "conditional NLL"

// Figure names what NLL is: of some columns given the others, or of whole rows.
func (r Result) Figure() string {
	if r.Targets != nil {
		return ConditionalNLL
	}
	return "NLL"
}

// OfOthers is the mean over the rows that have a likelihood.
func (r Result) OfOthers() Float { return others(r.NLL, r.Others, r.BadRows) }

func (Start) kind() string       { return "start" }
func (Train) kind() string       { return "train" }
func (Valid) kind() string       { return "valid" }
func (Orders) kind() string      { return "orders" }
func (Samples) kind() string     { return "samples" }
func (Density) kind() string     { return "density" }
func (Calibration) kind() string { return "calibration" }
func (Checkpoint) kind() string  { return "checkpoint" }
func (Phase) kind() string       { return "phase" }
func (Event) kind() string       { return "event" }
func (End) kind() string         { return "end" }

// maxOrders bounds the orders of a record, maxAxes a shape, and maxBins a histogram: readers keep them.
const (
	maxOrders = 100_000
	maxAxes   = 8
	maxBins   = 100
)

func (r Orders) sane() bool  { return max(len(r.PerOrder), len(r.MaskLoss)) <= maxOrders }
func (r Samples) sane() bool { return len(r.Shape) <= maxAxes }
func (r Density) sane() bool { return len(r.Shape) <= maxAxes }
func (r Calibration) sane() bool {
	return max(len(r.Variables), len(r.Levels)) <= MostRanked && !slices.ContainsFunc(slices.Concat(r.Variables, []Ranks{r.Density}), func(of Ranks) bool {
		return len(of.Histogram) > maxBins || len(of.Coverage) != len(r.Levels)
	})
}

// kinds are all kinds of records, with what a [History] makes of each.
var kinds = []*kind{
	newKind(func(h *History, r Train) { h.Train.add(r) }), // the most frequent first
	newKind(func(h *History, r Start) { h.Starts = append(h.Starts, r) }),
	newSeries(func(h *History) *[]Valid { return &h.Valid }, func(r Valid) moment { return moment{r.Step, ""} }),
	newSeries(func(h *History) *[]Orders { return &h.Orders }, func(r Orders) moment { return moment{r.Step, r.Split} }),
	newSeries(func(h *History) *[]Samples { return &h.Samples }, func(r Samples) moment { return moment{r.Step, ""} }),
	newSeries(func(h *History) *[]Density { return &h.Densities }, func(r Density) moment { return moment{r.Step, ""} }),
	newSeries(func(h *History) *[]Calibration { return &h.Calibrations }, func(r Calibration) moment { return moment{r.Step, ""} }),
	newSeries(func(h *History) *[]Checkpoint { return &h.Checkpoints }, func(r Checkpoint) moment { return moment{r.Step, ""} }),
	newKind(func(*History, Phase) {}),
	newKind(func(h *History, r Event) { h.Events = append(h.Events, r) }),
	newKind(func(h *History, r End) { h.End = &r }),
}

// A kind is what the package knows of the records of one type.
type kind struct {
	name   string
	decode func(line []byte) (Record, error)
	add    func(h *History, r Record)
	rewind func(h *History, step int64) (dropped bool) // nil: nothing of it is taken back
}

func newKind[R Record](add func(*History, R)) *kind {
	unknown := *new(R)
	forget(reflect.ValueOf(&unknown).Elem())
	return &kind{
		name: unknown.kind(),
		decode: func(line []byte) (Record, error) {
			r := unknown
			err := json.Unmarshal(line, &r)
			if s, ok := any(r).(interface{ sane() bool }); err == nil && ok && !s.sane() {
				err = errors.New("a list is longer than any that is written")
			}
			return r, err
		},
		add: func(h *History, r Record) { add(h, r.(R)) },
	}
}

// named is the kind of a name, nil where this version does not know it.
func named(name string) *kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// forget sets the numbers of a record, or of a part of one, to NaN.
func forget(v reflect.Value) {
	switch v.Kind() {
	case reflect.Float64, reflect.Float32:
		v.SetFloat(math.NaN())
	case reflect.Array:
		for i := range v.Len() {
			forget(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			forget(v.Field(i))
		}
	}
}

// TimeOf is the time of a record in seconds, NaN when it has none.
func TimeOf(r Record) float64 {
	if r == nil {
		return 0
	}
	return reflect.ValueOf(r).FieldByName("Time").Float()
}

// at is the record with a time.
func at(r Record, t Float) Record {
	v := reflect.New(reflect.TypeOf(r)).Elem()
	v.Set(reflect.ValueOf(r))
	v.FieldByName("Time").SetFloat(float64(t))
	return v.Interface().(Record)
}

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
	if k := named(*head.T); k != nil {
		return k.decode(line)
	}
	return nil, nil
}

// UnmarshalJSON reads the numbers that the object does not carry as NaN.
func (r *Result) UnmarshalJSON(text []byte) error {
	type plain Result // without this method
	var p plain
	forget(reflect.ValueOf(&p).Elem())
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	*r = Result(p)
	return nil
}

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
