package runlog

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
)

// A backlog is kept for as long as the log cannot be written, and tried again after pauses that grow. Beyond its bound
// records are lost, those of single steps at half of it.
const (
	maxBacklog   = 16 << 20 // bytes
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// backlog are the lines that could not be written yet. The zero value has none.
type backlog struct {
	lines      [][]byte
	bytes      int
	late, lost int // records, since the trouble began
	lostEver   int
	files.Retry
}

// write writes the line of a record, or keeps it.
func (b *backlog) write(w *Writer, r Record, line []byte) {
	if b.Err == nil {
		err := w.writeLine(line)
		if err == nil {
			return
		}
		*b = backlog{lostEver: b.lostEver}
		b.Tried(w.clock(), err, firstPause, longestPause)
		b.keep(r, line)
		b.report(w, fmt.Sprintf("%s cannot be written: %v (the run goes on, and records are kept until it can be)", MetricsFile, files.Cause(err)))
		return
	}
	b.keep(r, line)
	if b.Due(w.clock()) {
		_ = b.flush(w) // it is tried again
	}
}

func (b *backlog) keep(r Record, line []byte) {
	limit := maxBacklog
	switch r.(type) {
	case Train:
		limit /= 2
	case End:
		limit *= 2
	}
	if b.bytes+len(line) > limit {
		b.lost, b.lostEver = b.lost+1, b.lostEver+1
		return
	}
	b.lines, b.bytes, b.late = append(b.lines, line), b.bytes+len(line), b.late+1
}

// report adds an event.
func (b *backlog) report(w *Writer, what string) {
	e := at(Event{What: what}, Float(w.Elapsed()))
	if line, err := encode(e); err == nil {
		b.lines = append(b.lines, line)
	}
	w.observe(e)
}

// flush writes what there is now.
func (b *backlog) flush(w *Writer) error {
	if b.Err == nil {
		return nil
	}
	if errors.Is(b.Err, syscall.ESTALE) {
		w.reopenLog()
	}
	for len(b.lines) > 0 {
		if err := w.writeLine(b.lines[0]); err != nil {
			b.Tried(w.clock(), err, firstPause, longestPause)
			return fmt.Errorf("writing %s: %w (%s are not in it)", w.logPath(), files.Cause(err), text.Count(len(b.lines), "record"))
		}
		b.bytes -= len(b.lines[0])
		b.lines = b.lines[1:]
	}
	what := fmt.Sprintf("%s can be written again after %s: %s came late", MetricsFile, text.Duration(w.clock().Sub(b.Since).Seconds()), text.Count(b.late, "record"))
	if b.lost > 0 {
		what += fmt.Sprintf(", %d were more than can be kept and are lost", b.lost)
	}
	*b = backlog{lostEver: b.lostEver}
	if !w.ended { // after an end record there is none
		e := at(Event{What: what}, Float(w.Elapsed()))
		if line, err := encode(e); err == nil {
			b.write(w, e, line)
		}
		w.observe(e)
	}
	return b.Err
}

// reopenLog opens the log again after its server has forgotten the handle.
func (w *Writer) reopenLog() {
	f, info, err := w.folder.OpenLog(MetricsFile)
	if err != nil {
		return
	}
	if !os.SameFile(info, w.logInfo) {
		_ = f.Close() // nothing was written
		return
	}
	_ = w.log.Close() // stale
	w.log = f
}

// Flush writes the records that are kept, at once, and syncs the log to disk. The error is why that cannot be done, or
// how many are lost.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flush()
}

func (w *Writer) flush() error {
	if err := w.kept.flush(w); err != nil {
		return err
	}
	if err := w.log.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", w.logPath(), files.Cause(err))
	}
	if n := w.kept.lostEver; n > 0 {
		return fmt.Errorf("%s of %s are lost: it could not be written for too long", text.Count(n, "record"), w.logPath())
	}
	return nil
}
