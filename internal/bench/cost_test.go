package main

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/maskflow/maskflow/runlog"
)

// Steps that waited for the compiler do not count.
func TestStepsASecond(t *testing.T) {
	history := func(records ...runlog.Record) *runlog.History {
		h := new(runlog.History)
		h.Add(runlog.Batch{Records: records})
		return h
	}
	slow := runlog.Train{Step: 100, Time: 90}
	h := history(slow, runlog.Train{Step: 500, Time: 100}, runlog.Train{Step: 640, Time: 100.5}, runlog.Train{Step: 700, Time: 101},
		runlog.Train{Step: 740, Time: 102}, runlog.Train{Step: 900, Time: 104})
	if v, err := stepsASecond(h); err != nil || v != (speed{mean: 100, best: 200}) {
		t.Errorf("%v steps a second, %v; want 100, and 200 in the best second", v, err)
	}
	brief := history(runlog.Train{Step: 500, Time: 100}, runlog.Train{Step: 550, Time: 100.5})
	if v, err := stepsASecond(brief); err != nil || v != (speed{100, 100}) {
		t.Errorf("%v steps a second in half a second, %v; want 100", v, err)
	}
	for _, h := range []*runlog.History{history(), history(slow), history(slow, runlog.Train{Step: 600, Time: 100})} {
		if rate, err := stepsASecond(h); err == nil {
			t.Errorf("%d records give %v steps a second, want an error", h.Train.Len(), rate)
		}
	}
}

// trainer writes the run of a training that takes 100 steps a second without the
// monitor and 90 with it, and stays open with it.
const trainer = `
while [ $# -gt 0 ]; do
	[ "$1" = --run ] && run=$2
	screen=$1
	shift
done
rate=100
[ $screen = --tui ] && rate=90
mkdir -p $run
echo '{"v":1,"id":"x","name":"x"}' >$run/run.json
{
	echo '{"t":"start","v":1,"time":0,"step":0}'
	echo '{"t":"train","step":500,"time":50}'
	echo '{"t":"train","step":'$((500 + 10 * rate))',"time":60}'
	echo '{"t":"end","status":"done","step":2000,"time":60}'
} >$run/metrics.jsonl
[ $screen = --tui ] && head -c 1 >/dev/null
exit 0
`

func TestCost(t *testing.T) {
	l := &lab{dir: t.TempDir(), maskflow: script(t, "stty -icanon\n"+trainer)}
	figures, err := costs(context.Background(), l, options{pairs: 6, steps: 2000, backend: "go"})
	if err != nil {
		t.Fatal(err)
	}
	if len(figures) != 2 {
		t.Fatalf("%d figures, want two", len(figures))
	}
	for _, f := range figures {
		if len(f.Values) != 6 || math.Abs(f.Value-10) > 1e-9 || f.Spread != "95 %: 10 to 10" {
			t.Errorf("the monitor costs %+v, want 10 %%", f)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, "cost", "run")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}
