package runlog

import "bytes"

// A Batch is what one call of [Reader.Read] found.
type Batch struct {
	Reset   bool     // the file was replaced or cut: what was read before is void
	Records []Record // in the order of the file
	Bad     int      // lines that are no records, passed over
	More    bool     // the call stopped at its bound, not at the end of the file
}

// add decodes a line. Empty lines and unknown kinds are nothing.
func (b *Batch) add(line []byte) {
	if line = bytes.TrimSuffix(line, []byte{'\r'}); len(line) == 0 {
		return
	}
	switch r, err := decode(line); {
	case err != nil:
		b.Bad++
	case r != nil:
		b.Records = append(b.Records, r)
	}
}
