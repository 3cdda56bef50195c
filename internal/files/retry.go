package files

import "time"

// A Retry is something about files that may not work for now, and is tried again after pauses that double. The zero
// value has not failed.
type Retry struct {
	Err   error     // of the last attempt, nil when it went well
	Since time.Time // when it began to fail
	Next  time.Time // of an attempt
	pause time.Duration
}

// Due reports whether it is to be tried.
func (r *Retry) Due(now time.Time) bool { return r.Err == nil || !now.Before(r.Next) }

// Tried takes in how an attempt went. The pauses after failures begin with the first and end with the longest. It
// reports whether that is news: it failed after it went well, or the other way round.
func (r *Retry) Tried(now time.Time, err error, first, longest time.Duration) (news bool) {
	news = (err == nil) != (r.Err == nil)
	switch {
	case err == nil: // Since says how long it took
	case news:
		r.Since, r.pause = now, first
	default:
		r.pause = min(2*r.pause, longest)
	}
	r.Err, r.Next = err, now.Add(r.pause)
	return news
}
