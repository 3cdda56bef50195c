package runlog_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/runlog"
)

// A trainer writes a run and is asked to stop; a monitor reads it.
func Example() {
	parent := must.M1(os.MkdirTemp("", "runs"))
	defer os.RemoveAll(parent) //nolint:errcheck // an example
	dir := filepath.Join(parent, "dna")

	w := must.M1(runlog.Create(dir, runlog.Manifest{Name: "dna"}, []byte("name: dna\n"), runlog.Options{}))
	must.M(w.Append(runlog.Start{}))
	must.M(w.Append(runlog.Train{Step: 1, Loss: 86.5}))
	must.M(w.Append(runlog.Train{Step: 2, Loss: runlog.Float(math.NaN())}))

	must.M1(runlog.Request(dir, runlog.StopCleanly, time.Now())) // by the monitor
	for _, r := range must.M1(w.Poll()) {
		must.M(w.Answer(r.ID, "stopping after step 2"))
	}
	must.M(w.Append(runlog.End{Status: runlog.Stopped, Step: 2}))
	must.M(w.Close())

	h := must.M1(runlog.Load(dir))
	for i := range h.Train.Len() {
		fmt.Println(h.Train.At(i).Step, h.Train.At(i).Loss)
	}
	fmt.Println(h.Events[0].What)
	fmt.Println(must.M1(runlog.ReadState(dir, time.Now())).Status)
	// Output:
	// 1 86.5
	// 2 NaN
	// stopping after step 2
	// stopped
}
