package monitor

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// Memory returns the resident memory in bytes of the process that writes a run,
// when that is a process of this host and the host tells, as Linux does. A
// process that began after the run was written by its own is another one that
// got its number.
func Memory(m *runlog.Manifest) (bytes int64, ok bool) {
	host, err := os.Hostname()
	if m == nil || err != nil || m.Host != host || m.PID <= 0 {
		return 0, false
	}
	return processMemory("/proc", m.PID, m.Started)
}

// startSlack is how much later than its first act a process may seem to have
// begun: the kernel tells its start in ticks since a boot told in seconds.
const startSlack = 2 * time.Second

// ticks of /proc a second: the same on all of Linux, whatever the kernel's own.
const ticks = 100

// processMemory asks a /proc file system.
func processMemory(proc string, pid int, before time.Time) (int64, bool) {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	boot, okBoot := numberAfter(filepath.Join(proc, "stat"), "btime ")
	began, okBegan := startTicks(filepath.Join(dir, "stat"))
	kilobytes, ok := numberAfter(filepath.Join(dir, "status"), "VmRSS:")
	if !okBoot || !okBegan || !ok || boot > math.MaxInt32*1000 || kilobytes > math.MaxInt64>>10 {
		return 0, false
	}
	start := time.Unix(boot, 0).Add(time.Duration(began) * (time.Second / ticks))
	if start.After(before.Add(startSlack)) {
		return 0, false
	}
	return kilobytes << 10, true
}

// numberAfter finds the line of a file that begins with a key, and its number.
func numberAfter(path, key string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		if rest, found := bytes.CutPrefix(line, []byte(key)); found {
			return firstNumber(bytes.Fields(rest), 0)
		}
	}
	return 0, false
}

// startTicks is when a process began, in ticks after the boot: the 22nd field of
// its stat, of which the second is a name that may hold anything in parentheses.
func startTicks(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	return firstNumber(bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]), 22-3)
}

// firstNumber reads field i as a number that is not negative.
func firstNumber(fields [][]byte, i int) (int64, bool) {
	if i >= len(fields) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[i]), 10, 64)
	return n, err == nil && n >= 0 && n < math.MaxInt64/int64(time.Second)
}
