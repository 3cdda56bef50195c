package runlog

// TrainSeries is a sequence of train records, of which a log may hold a million. The
// zero value is empty; a copy shares its records, so only one of the two may grow.
type TrainSeries struct {
	chunks []*[chunkLen]Train
	n      int
}

// Chunks of a fixed length never move: a slice would need twice its size while
// it grows.
const chunkLen = 1024

// Len is the number of records.
func (s *TrainSeries) Len() int { return s.n }

// At returns record i, 0 ≤ i < Len, to be read only.
func (s *TrainSeries) At(i int) *Train { return &s.chunks[i/chunkLen][i%chunkLen] }

func (s *TrainSeries) add(r Train) {
	if s.n == len(s.chunks)*chunkLen {
		s.chunks = append(s.chunks, new([chunkLen]Train))
	}
	s.n++
	*s.At(s.n - 1) = r
}

// rewind drops the records beyond a step and reports whether there were any.
func (s *TrainSeries) rewind(step int64) (dropped bool) {
	before := s.n
	for s.n > 0 && s.At(s.n-1).Step > step {
		s.n--
	}
	used := (s.n + chunkLen - 1) / chunkLen
	clear(s.chunks[used:])
	s.chunks = s.chunks[:used]
	return s.n < before
}
