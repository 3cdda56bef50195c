// Package tui is the monitor: a terminal program that shows runs while they
// train, and afterwards.
//
// It reads run directories, by package monitor, and nothing else, so that a run of
// this process, one of another host on a shared file system, and one that ended a
// year ago look and behave the same. What it does to a run goes through the run's
// control directory, and the answer comes back through its log.
//
//	source, err := monitor.NewSource([]string{"runs"}, monitor.Options{})
//	…
//	screen := tui.DetectScreen(os.Stdout, os.Environ(), false)
//	outcome, err := tui.New(ctx, os.Stdin, os.Stdout, tui.Options{Source: source, Screen: screen}).Run()
//
// [Frame] is one picture of the screen without a terminal, and [Keys] the table of
// keys that dispatches, that is shown by "?" and that the documentation is made of.
//
// # How it is built
//
// Only the top model is a Bubble Tea model. Files are read in commands, whose
// results arrive as messages; Update does no I/O, and View draws what is known. A
// panel is a type of its own that draws the model in a given size; it bounds its
// scrolling while it draws. [layout] says where panels are, as a pure function of the size. Every line is
// fitted to its place in the end, so that no panel can be wider or higher than it
// may.
package tui
