package monitor

import (
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// A Record is a run as `watch --json` prints it.
type Record struct {
	Dir    string        `json:"dir"`
	Name   string        `json:"name"`
	Status runlog.Status `json:"status"`
}

// Record returns the run as a JSON object.
func (r *Run) Record(now time.Time) Record {
	return Record{Dir: r.Dir, Name: r.Name, Status: r.Status()}
}
