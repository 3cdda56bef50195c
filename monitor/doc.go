// Package monitor knows how runs stand: it follows run directories while they
// are written and keeps what a person who watches wants to see of them.
//
// Two halves share the work, so that a screen never waits for a disk. A
// [Source] does the reading: [Source.Poll] returns an [Update], what is new
// since the last call. A [Group] takes updates in, without reading anything, and
// is what a screen draws from:
//
//	source, err := monitor.NewSource([]string{"runs"}, monitor.Options{})
//	…
//	var set monitor.Group
//	for {
//		update := source.Poll() // on a goroutine of its own
//		set.Apply(update)       // where the screen is drawn
//		for _, r := range set.Sorted(monitor.ByBest, query, update.Now) {
//			f := r.Figures(update.Now)
//			…
//		}
//	}
//
// A run that ended, one that is written on this host and one across a shared
// file system are read by the same code; nothing but the run directory is ever
// looked at, with the exception of [Memory] and [GPUs].
//
//   - [Run] holds what was read of a run, [Figures] what follows from it.
//   - [Run.Curve] gives a recorded number over steps, epochs or seconds, and
//     [Smooth] its average.
//   - [ParseQuery] reads what a person types to choose runs, and [Diff] tells
//     what distinguishes the chosen ones.
//   - [Run.Summary] is a run as one JSON object, for scripts.
//
// All likelihoods are negative and in nats a row.
package monitor
