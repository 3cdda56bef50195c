package monitor

import (
	"bytes"
	"io/fs"
	"os"

	"github.com/maskflow/maskflow/internal/text"
)

// Bounds on stderr.log, which native libraries fill as they like.
const (
	stderrLines  = 500       // that are kept
	stderrWindow = 256 << 10 // bytes that one look reads: of more, the last
	stderrLine   = 64 << 10  // bytes of a line; the rest of it is passed over
)

// A stderrTail reads the lines that are appended to a file.
type stderrTail struct {
	path string
	info fs.FileInfo // of the file that was read, nil before
	next int64       // where the bytes begin that were not read
	line []byte      // a last line without its end
	skip bool        // next is inside a line of which the rest is passed over
}

// read returns the last of the lines that came since the last call, cleaned.
// Reset says that those before are void, or that some between are missing. All
// says that nobody will end the last line, so that it is returned as it is.
func (t *stderrTail) read(all bool) (lines []string, reset bool) {
	info := stat(t.path)
	if t.info != nil && (info == nil || !os.SameFile(t.info, info) || info.Size() < t.next) {
		*t = stderrTail{path: t.path}
		reset = true
	}
	if info != nil && info.Mode().IsRegular() && info.Size() > t.next {
		chunk, skipped := t.fetch(info)
		reset = reset || skipped
		lines = t.split(chunk)
	}
	if all && len(t.line) > 0 {
		lines = append(lines, text.Plain(string(t.line)))
		t.line = nil
	}
	return lines[max(0, len(lines)-stderrLines):], reset
}

// fetch reads what was appended, or the end of it when it is much.
func (t *stderrTail) fetch(info fs.FileInfo) (chunk []byte, skipped bool) {
	f, err := os.Open(t.path)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	t.info = info
	if from := info.Size() - stderrWindow; from > t.next {
		skipped = t.next > 0
		t.next, t.line, t.skip = from, nil, true
	}
	chunk = make([]byte, info.Size()-t.next)
	n, _ := f.ReadAt(chunk, t.next) // what cannot be read now may be later
	t.next += int64(n)
	return chunk[:n], skipped
}

// split cuts text into lines and keeps what begins one.
func (t *stderrTail) split(chunk []byte) (lines []string) {
	for len(chunk) > 0 {
		part, rest, whole := bytes.Cut(chunk, []byte{'\n'})
		chunk = rest
		if !t.skip {
			t.extend(part)
		}
		if !whole {
			return lines
		}
		if !t.skip || len(t.line) > 0 {
			lines = append(lines, text.Plain(string(t.line)))
		}
		t.line, t.skip = t.line[:0], false
	}
	return lines
}

// extend adds to the line that is not at its end. What a carriage return had
// overwritten is let go, so that a progress bar does not grow for ever.
func (t *stderrTail) extend(part []byte) {
	t.line = append(t.line, part...)
	t.line = t.line[text.Overwritten(t.line):]
	if len(t.line) > stderrLine {
		t.line, t.skip = t.line[:stderrLine], true
	}
}
