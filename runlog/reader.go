package runlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/maskflow/maskflow/internal/files"
)

// A Reader follows metrics.jsonl of a run while it grows. It holds the file
// open until Close and is not safe for concurrent use. A Read after Close opens
// it again and goes on where the last one stopped, so that whoever follows many
// runs need not hold the files of those that rest.
type Reader struct {
	dir   string
	run   *Manifest
	file  *files.File
	info  fs.FileInfo
	next  int64 // where the first line begins that was not read
	skip  bool  // next is inside a line that is too long
	gap   int64 // bytes of it that were passed over
	void  bool  // what was returned is void, and no batch has said so yet
	lines bufio.Reader
}

// batchSize is the default bound of Read in lines. batchBytes bounds it in bytes,
// because a line with the orders of a large ensemble takes as long as a thousand
// train records.
const (
	batchSize  = 10_000
	batchBytes = 4 << 20
)

// Open opens a run directory for reading. The error is [ErrNoRun] when dir
// holds none.
func Open(dir string) (*Reader, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	return &Reader{dir: dir, run: m}, nil
}

// Read returns the records that came since the last call, of up to limit lines
// (0 means ten thousand) and 4 MiB, and an empty batch when there are none. A
// last line without its newline waits for a later call. Call it again at once
// while More is set, else after a moment.
//
// After an error the Reader can be used again; nothing is lost or repeated.
func (r *Reader) Read(limit int) (Batch, error) {
	if limit <= 0 {
		limit = batchSize
	}
	var b Batch
	if err := r.follow(); err != nil {
		return Batch{}, fmt.Errorf("reading the log of the run: %w", err)
	}
	if r.file == nil {
		return b, nil
	}
	before, skipped, gap := r.next, r.skip, r.gap
	if err := r.readLines(&b, limit); err != nil {
		r.next, r.skip, r.gap = before, skipped, gap
		return Batch{}, fmt.Errorf("reading %s: %w", filepath.Join(r.dir, MetricsFile), err)
	}
	b.Reset, r.void = r.void, false
	return b, nil
}

// Close releases the file. Closing twice does nothing.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file, r.lines = nil, bufio.Reader{}
	return err
}

// follow opens the file, or the one that took its place, and starts over when
// what was read is no longer a part of it. A run that has not written yet has
// no file.
func (r *Reader) follow() error {
	f, err := files.OpenFolder(r.dir)
	var info fs.FileInfo
	if err == nil {
		defer f.Close() //nolint:errcheck // nothing was written
		info, err = f.Stat(MetricsFile)
	}
	if errors.Is(err, fs.ErrNotExist) && r.file == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if r.info != nil && !os.SameFile(info, r.info) {
		if err := r.Close(); err != nil {
			return err
		}
		r.reset()
	}
	if r.file == nil {
		if r.file, r.info, err = f.Open(MetricsFile); err != nil {
			return err
		}
		info = r.info
	}
	if info.Size() < r.next || !r.afterNewline() {
		r.reset()
	}
	return nil
}

func (r *Reader) reset() {
	r.void = r.void || r.next > 0
	r.next, r.skip, r.gap = 0, false, 0
}

// afterNewline reports whether the byte before next still ends a line, which
// it need not in a file that was cut and has grown again.
func (r *Reader) afterNewline() bool {
	if r.next == 0 || r.skip {
		return true
	}
	var last [1]byte
	_, err := r.file.ReadAt(last[:], r.next-1)
	return err != nil || last[0] == '\n' // readLines reports the error
}

// readLines reads whole lines from next on.
func (r *Reader) readLines(b *Batch, limit int) error {
	r.lines.Reset(io.NewSectionReader(r.file, r.next, math.MaxInt64-r.next))
	var line []byte // as far as it was read, unless it is too long
	end := r.next + batchBytes
	for n := 0; n < limit && r.next < end; {
		part, err := r.lines.ReadSlice('\n')
		if !r.skip && len(line)+len(part) > maxLine {
			b.Bad++
			r.skip = true
			r.next += int64(len(line))
		}
		if r.skip {
			r.next, r.gap = r.next+int64(len(part)), r.gap+int64(len(part))
			if r.gap > maxGap {
				return errGap
			}
		} else {
			line = append(line, part...)
		}
		switch {
		case err == nil && !r.skip:
			r.next += int64(len(line))
			if err := r.run.check(b.add(line[:len(line)-1])); err != nil {
				return err
			}
			fallthrough
		case err == nil:
			n, line, r.skip, r.gap = n+1, line[:0], false, 0
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
	b.More = true
	return nil
}

// A Batch is what one call of [Reader.Read] found.
type Batch struct {
	Reset   bool     // the file was replaced or cut: what was read before is void
	Records []Record // in the order of the file
	Bad     int      // lines that are no records, passed over
	More    bool     // the call stopped at its bound, not at the end of the file
}

// add decodes a line and returns its record. Empty lines and unknown kinds are nothing.
func (b *Batch) add(line []byte) Record {
	if line = bytes.TrimSuffix(line, []byte{'\r'}); len(line) == 0 {
		return nil
	}
	r, err := decode(line)
	switch {
	case err != nil:
		b.Bad++
	case r != nil:
		b.Records = append(b.Records, r)
	}
	return r
}

// check refuses the start record of another run.
func (m *Manifest) check(r Record) error {
	if start, ok := r.(Start); ok && !m.Owns(start.Run) {
		return fmt.Errorf("it %w: it is the log of %.80q, and %s is that of %q", ErrForeign, start.Run, ManifestFile, m.ID)
	}
	return nil
}

// checkLog refuses a log that begins with the start record of another run.
func (m *Manifest) checkLog(log *files.File) error {
	head := make([]byte, 4<<10) // a start record is shorter
	n, err := log.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	line, _, whole := bytes.Cut(head[:n], []byte{'\n'})
	if !whole {
		return nil
	}
	if r, err := decode(line); err == nil { // else a reader counts it
		return m.check(r)
	}
	return nil
}
