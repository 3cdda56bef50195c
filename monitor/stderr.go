package monitor

import (
	"bytes"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// Bounds on stderr.log, which native libraries fill as they like.
const (
	stderrLines  = 500       // that are kept
	stderrWindow = 256 << 10 // bytes at its end that are read
)

// readStderr returns the last lines of a file, cleaned. A first one that is not whole
// is left out, as is a file that cannot be read.
func readStderr(dir string) []string {
	lines := []string{}
	from := int64(0)
	end, err := readOwn(dir, runlog.StderrFile, func(f *files.File, size int64) ([]byte, error) {
		from = max(0, size-stderrWindow)
		end := make([]byte, size-from)
		n, _ := f.ReadAt(end, from) // what cannot be read now may be later
		return end[:n], nil
	})
	if err != nil {
		return lines
	}
	all := slices.Collect(bytes.Lines(end))
	if from > 0 {
		all = all[min(1, len(all)):]
	}
	for _, line := range all[max(0, len(all)-stderrLines):] {
		lines = append(lines, text.Plain(strings.TrimSuffix(string(line), "\n")))
	}
	return lines
}
