package monitor

import (
	"bytes"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
)

// Bounds on stderr.log, which native libraries fill as they like.
const (
	stderrLines  = 500       // that are kept
	stderrWindow = 256 << 10 // bytes at its end that are read
)

// readStderr returns the last lines of a file, cleaned. A first one that is not whole
// is left out, as is a file that cannot be read.
func readStderr(path string) []string {
	lines := []string{}
	f, info, err := files.OpenRegular(path)
	if err != nil {
		return lines
	}
	defer f.Close() //nolint:errcheck // nothing was written
	from := max(0, info.Size()-stderrWindow)
	end := make([]byte, info.Size()-from)
	n, _ := f.ReadAt(end, from) // what cannot be read now may be later
	all := slices.Collect(bytes.Lines(end[:n]))
	if from > 0 {
		all = all[min(1, len(all)):]
	}
	for _, line := range all[max(0, len(all)-stderrLines):] {
		lines = append(lines, text.Plain(strings.TrimSuffix(string(line), "\n")))
	}
	return lines
}
