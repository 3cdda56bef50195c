package runlog

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
)

// newlineBefore is the place of the last newline in the first end bytes of a log, -1
// without one.
func newlineBefore(log io.ReaderAt, end int64) (int64, error) {
	text := make([]byte, 64<<10)
	for end > 0 {
		n := min(end, int64(len(text)))
		if _, err := log.ReadAt(text[:n], end-n); err != nil && err != io.EOF {
			return 0, err
		}
		end -= n
		if i := bytes.LastIndexByte(text[:n], '\n'); i >= 0 {
			return end + int64(i), nil
		}
	}
	return -1, nil
}

// lastLine finds the last whole line of the first end bytes of a log, without its
// newline, and where it begins. What follows the last newline is torn and passed
// over. The line is nil when there is none, or it is longer than a line may be.
func lastLine(log io.ReaderAt, end int64) (line []byte, begin int64, err error) {
	if end, err = newlineBefore(log, end); err != nil || end < 0 {
		return nil, 0, err
	}
	begin, err = newlineBefore(log, end)
	if begin++; err != nil || end-begin > maxLine {
		return nil, 0, err
	}
	line = make([]byte, end-begin)
	if _, err := log.ReadAt(line, begin); err != nil && err != io.EOF {
		return nil, 0, err
	}
	return line, begin, nil
}

// wholeLines is the length of a log up to and with its last newline. A tail
// without one is torn whatever its length.
func wholeLines(log io.ReaderAt, size int64) (int64, error) {
	at, err := newlineBefore(log, size)
	return at + 1, err
}

// lastTime is the time of the last record that carries one, or 0.
func lastTime(log io.ReaderAt, size int64) (float64, error) {
	for end := size; end > 0; {
		line, begin, err := lastLine(log, end)
		if err != nil {
			return 0, err
		}
		if line == nil {
			return 0, nil
		}
		r := struct {
			Time Float `json:"time"`
		}{Time: Float(math.NaN())}
		t := math.NaN()
		if json.Unmarshal(line, &r) == nil {
			t = float64(r.Time)
		}
		if t >= 0 && !math.IsInf(t, 0) {
			return t, nil
		}
		end = begin
	}
	return 0, nil
}

// lastEnd is the end record when that is how the log ends, else nil.
func lastEnd(log io.ReaderAt, size int64) (*End, error) {
	line, _, err := lastLine(log, size)
	if err != nil || line == nil {
		return nil, err
	}
	if r, err := decode(line); err == nil {
		if end, ok := r.(End); ok {
			return &end, nil
		}
	}
	return nil, nil
}
