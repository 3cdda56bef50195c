// Package backend opens what computes a GoMLX graph: XLA through a PJRT plugin
// (a shared library, dlopened at run time), or GoMLX's backend in plain Go.
//
//	b, err := backend.Open(ctx, "auto", backend.Options{})
//	if err != nil { … }
//	defer b.Close()
//	exec, err := graph.NewExec(b.Compute, fn)
//
// A plugin that is damaged, or that was built for something else, can kill or
// hang the process that loads it. So a plugin is first checked as a file, then
// opened once in a child process with a time limit, and only then here; the
// result is remembered until the file changes. The child is the host program
// itself, started again: a program that opens plugins calls [ProbeMain] as the
// first thing in main (or in TestMain). In a program that does not, only a
// plugin that has already been tried on this machine, or that this package
// installed and whose hash still fits, is opened.
package backend

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
)

// The kinds of backend.
const (
	KindGo   = "go"   // GoMLX's backend in plain Go, on the CPU.
	KindXLA  = "xla"  // XLA through a PJRT plugin for the CPU (or one named by its path).
	KindCUDA = "cuda" // XLA through a PJRT plugin for NVIDIA devices.
)

// Backend is an open backend. It hands out the GoMLX backend as a field and
// is deliberately not a [compute.Backend] itself: tensors remember the backend
// that made them by identity, so a wrapper would not be taken for the same.
//
// Everything but Close may be used from several goroutines at once.
type Backend struct {
	// Compute is what GoMLX takes (graph.NewExec, tensors, …).
	Compute compute.Backend

	Kind          string // KindGo, KindXLA or KindCUDA.
	Plugin        string // Absolute path of the plugin; empty for KindGo.
	PluginVersion string // PJRT C API version of the plugin, such as "0.115"; empty for KindGo.
	Device        string // The first device, in the backend's own words.
	Reason        string // Why auto chose this one, and which plugin was passed over; else empty.
	SIMD          bool   // Whether this program was built with GOEXPERIMENT=simd; matters to KindGo.

	calls sync.RWMutex // Read-locked by every announced call; Close locks it for good.
	close sync.Once
}

// String says in one line which backend this is, where it came from and why.
func (b *Backend) String() string {
	s := b.Kind
	switch b.Kind {
	case KindGo:
		if b.SIMD {
			s += " (SIMD)"
		} else {
			s += " (no SIMD)"
		}
	default:
		s += fmt.Sprintf(" (%s, PJRT %s, %s)", b.Plugin, b.PluginVersion, b.Device)
	}
	if b.Reason != "" {
		s += ": " + b.Reason
	}
	return s
}

// Acquire announces a call that runs on the backend, so that Close waits for
// it; every successful Acquire is paired with one Release. It fails once Close
// was called. Calls need not be announced by a program that closes its backend
// only after the last call has returned.
func (b *Backend) Acquire() error {
	if !b.calls.TryRLock() {
		return fmt.Errorf("%s backend is closed", b.Kind)
	}
	return nil
}

// Release ends what Acquire began.
func (b *Backend) Release() { b.calls.RUnlock() }

// Close waits until every acquired call is released and then frees the
// backend with all its buffers and executables. XLA kills the process when it
// is freed under a running execution, so a call that was not announced by
// Acquire must have returned before. A second Close does nothing.
func (b *Backend) Close() {
	b.close.Do(func() {
		b.calls.Lock()
		if b.Compute != nil && !b.Compute.IsFinalized() {
			b.Compute.Finalize()
		}
	})
}
