package cli

import (
	"os"
	"runtime"
	"runtime/debug"
)

// collectAt is by how many per cent the heap of a monitor grows until garbage is
// collected. Nearly all of it is records, in which there is nothing to look through: to
// collect often costs little, and a million records take a third less memory.
const collectAt = 25

// frugal prepares a process that only watches, until the function that it returns is
// called. It collects garbage often, and does one thing at a time: what happens now and
// then is done sooner than other threads, woken up for it, have found that there is
// nothing left to do. Where the environment has a word on either, that stands.
func frugal() (restore func()) {
	percent, threads := 0, 0
	if os.Getenv("GOGC") == "" {
		percent = debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		threads = runtime.GOMAXPROCS(1)
	}
	return func() {
		if threads > 0 {
			runtime.GOMAXPROCS(threads)
		}
		if percent > 0 {
			debug.SetGCPercent(percent)
		}
	}
}
