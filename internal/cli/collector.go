package cli

import (
	"os"
	"runtime/debug"
)

// collectAt is by how many per cent the heap of a monitor grows until garbage is
// collected. Nearly all of it is records, in which there is nothing to look through: to
// collect often costs little, and a million records take a third less memory.
const collectAt = 25

// saveMemory has garbage collected often until the function that it returns is called,
// unless the environment says how often.
func saveMemory() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(collectAt)
	return func() { debug.SetGCPercent(before) }
}
