package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is how long the threads of a process have computed, by its own clock.
func cpuTime(pid int) (time.Duration, error) {
	// The clock of process p has the number of the bits of -1-p before those of the
	// kind of clock, of which 2 is the time that the scheduler gave.
	const scheduled = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &t); err != nil {
		return 0, fmt.Errorf("reading the clock of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

var highWater = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// peakMemory is the most memory that was resident of a process, in bytes. The
// figure that wait gives of an ended one begins with the memory of the process
// that started it.
func peakMemory(pid int) (float64, error) {
	path := fmt.Sprintf("/proc/%d/status", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	m := highWater.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%s has no VmHWM: the process has ended", path)
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	return 1024 * kib, err
}

// narrow makes a pipe hold one page, so that whoever writes more into it waits for
// its reader.
func narrow(pipe *os.File) error {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { _, failed = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, os.Getpagesize()) })
	if err == nil {
		err = failed
	}
	return err
}
