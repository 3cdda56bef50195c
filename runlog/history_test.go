package runlog

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// A run that is cut anywhere and resumed any number of times reads as one that
// was never interrupted: every step once, in order.
func TestResumedSeriesHasNoDuplicates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var log bytes.Buffer
		add := func(r Record) {
			line, err := encode(r)
			if err != nil {
				t.Fatal(err)
			}
			log.Write(line)
		}
		step := int64(0)
		for process := range rapid.IntRange(1, 5).Draw(t, "processes") {
			step = rapid.Int64Range(0, step).Draw(t, "checkpoint")
			add(Start{Step: step, Resumed: process > 0})
			if step > 0 && step%3 == 0 && rapid.Bool().Draw(t, "again") { // what came after the checkpoint
				add(Valid{Step: step})
				add(Orders{Step: step})
				add(Samples{Step: step})
				add(Density{Step: step})
				add(Calibration{Step: step})
				add(Checkpoint{Step: step})
			}
			for range rapid.IntRange(0, 30).Draw(t, "steps") {
				step++
				add(Train{Step: step})
				if step%3 == 0 {
					add(Valid{Step: step})
					add(Orders{Step: step})
					add(Samples{Step: step})
					add(Density{Step: step})
					add(Calibration{Step: step})
					add(Checkpoint{Step: step})
				}
			}
			add(End{Status: Stopped, Step: step})
		}
		var h History
		for line := range bytes.Lines(log.Bytes()) {
			var b Batch
			b.add(bytes.TrimSuffix(line, []byte{'\n'}))
			h.Add(b)
		}
		if int64(h.Train.Len()) != step {
			t.Fatalf("%d records for %d steps", h.Train.Len(), step)
		}
		for i := range h.Train.Len() {
			if h.Train.At(i).Step != int64(i)+1 {
				t.Fatalf("record %d is of step %d", i, h.Train.At(i).Step)
			}
		}
		for i, n := range []int{len(h.Valid), len(h.Orders), len(h.Samples), len(h.Densities), len(h.Calibrations), len(h.Checkpoints)} {
			if int64(n) != step/3 {
				t.Fatalf("series %d has %d records for %d steps", i, n, step)
			}
		}
		for i, r := range h.Valid {
			if r.Step != int64(i+1)*3 {
				t.Fatalf("validation %d is of step %d", i, r.Step)
			}
		}
		if h.End == nil || h.End.Step != step || h.Bad != 0 {
			t.Fatalf("the end is %+v after %d bad lines", h.End, h.Bad)
		}
	})
}

// A process that dies after a validation and before its checkpoint leaves a
// validation that the next one repeats.
func TestTheLaterOfTwoValidationsWins(t *testing.T) {
	dir, path := rawRun(t, []byte(`{"t":"start","step":0}
{"t":"valid","step":10,"nll":3}
{"t":"valid","step":20,"nll":2}
{"t":"orders","step":20,"split":"valid","nll":2}
{"t":"orders","step":20,"split":"train","nll":1.5}
`))
	r := openReader(t, dir)
	var h History
	h.Add(readOnce(t, r))
	if h.Revision != 0 {
		t.Errorf("revision %d of a run that only grew", h.Revision)
	}
	appendTo(t, path, `{"t":"start","step":20,"resumed":true}
{"t":"valid","step":20,"nll":2.5,"best":true}
{"t":"orders","step":20,"split":"valid","nll":2.5}
`)
	h.Add(readOnce(t, r))
	if len(h.Valid) != 2 || h.Valid[0].NLL != 3 || h.Valid[1].NLL != 2.5 || !h.Valid[1].Best {
		t.Errorf("validations %+v", h.Valid)
	}
	if len(h.Orders) != 2 || h.Orders[0].NLL != 2.5 || h.Orders[0].Split != "valid" || h.Orders[1].Split != "train" {
		t.Errorf("orders %+v", h.Orders)
	}
	if h.Revision == 0 {
		t.Error("the revision did not change with a record that was replaced")
	}
}

func TestRevision(t *testing.T) {
	var h History
	for _, c := range []struct {
		what    string
		batch   Batch
		changes bool
	}{
		{"a first start", Batch{Records: []Record{Start{}, Valid{Step: 10}, Valid{Step: 20}}}, false},
		{"growth", Batch{Records: []Record{Valid{Step: 30}, End{Status: Stopped}}}, false},
		{"a resumption where it stopped", Batch{Records: []Record{Start{Step: 30}}}, false},
		{"a resumption from before", Batch{Records: []Record{Start{Step: 20}}}, true},
		{"a picture and a checkpoint of that step again", Batch{Records: []Record{Samples{Step: 20}, Density{Step: 20}, Checkpoint{Step: 20}, Samples{Step: 20}, Density{Step: 20}, Checkpoint{Step: 20}}}, true},
		{"a resumption from before these", Batch{Records: []Record{Samples{Step: 25}, Checkpoint{Step: 25}, Start{Step: 20}}}, true},
		{"that validation again", Batch{Records: []Record{Valid{Step: 20}}}, true},
		{"an ensemble of that step", Batch{Records: []Record{Orders{Step: 20, Split: "valid"}}}, false},
		{"that ensemble again", Batch{Records: []Record{Orders{Step: 20, Split: "valid"}}}, true},
		{"another file", Batch{Reset: true}, true},
	} {
		before := h.Revision
		h.Add(c.batch)
		if (h.Revision != before) != c.changes {
			t.Errorf("%s: the revision went from %d to %d", c.what, before, h.Revision)
		}
	}
}
