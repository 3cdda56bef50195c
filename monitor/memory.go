package monitor

import (
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/maskflow/maskflow/runlog"
)

// startSlack is how much later than its first act a process may seem to have
// begun: the kernel reports its start in ticks since a boot given in seconds.
const startSlack = 2 * time.Second

// Memory returns the resident memory in bytes of the process that writes a run,
// when that is a process of this host and the host reports it. A process that
// began after the run was written by its own is another one that got its number.
func Memory(m *runlog.Manifest) (bytes int64, ok bool) {
	host, err := os.Hostname()
	if m == nil || err != nil || m.Host != host || m.PID <= 0 {
		return 0, false
	}
	p, err := process.NewProcess(int32(m.PID))
	if err != nil {
		return 0, false
	}
	began, err := p.CreateTime()
	if err != nil || time.UnixMilli(began).After(m.Started.Add(startSlack)) {
		return 0, false
	}
	used, err := p.MemoryInfo()
	if err != nil || used.RSS == 0 {
		return 0, false
	}
	return int64(used.RSS), true
}
