// Package backendtest runs a test on every backend that this machine has.
package backendtest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
)

// Environment variables that steer Each.
const (
	EnvRequireXLA = "MASKFLOW_REQUIRE_XLA" // When set, a missing XLA plugin fails the test instead of skipping it.
	EnvCUDA       = "MASKFLOW_TEST_CUDA"   // When set, tests run on CUDA too.
)

// One backend of a kind serves the whole test process; it is never closed,
// since the process ends with the tests.
var shared = map[string]func() (*backend.Backend, error){
	backend.KindGo: opener(backend.KindGo), backend.KindXLA: opener(backend.KindXLA), backend.KindCUDA: opener(backend.KindCUDA),
}

func opener(kind string) func() (*backend.Backend, error) {
	return sync.OnceValues(func() (*backend.Backend, error) { return backend.Open(context.Background(), kind, backend.Options{}) })
}

// Main is for TestMain of packages whose graphs are many and small: what the passes of
// LLVM take is never earned back. Flags that are set outside come last and win.
func Main(m *testing.M) {
	const flags = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
	if err := os.Setenv("XLA_FLAGS", flags+os.Getenv("XLA_FLAGS")); err != nil {
		panic(err)
	}
	backend.ProbeMain()
	os.Exit(m.Run())
}

// Each runs f as the subtests "go" and "xla", and "cuda" when
// $MASKFLOW_TEST_CUDA is set, each with one backend that the tests of this
// process share. The subtest "xla" is skipped where no plugin is installed or
// XLA is not built in, unless $MASKFLOW_REQUIRE_XLA is set.
func Each(t *testing.T, f func(t *testing.T, b *backend.Backend)) {
	t.Helper()
	kinds := []string{backend.KindGo, backend.KindXLA}
	if os.Getenv(EnvCUDA) != "" {
		kinds = append(kinds, backend.KindCUDA)
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { f(t, Open(t, kind)) })
	}
}

// Open returns the shared backend of one kind (backend.KindGo, …), under the
// same rules as Each.
func Open(t testing.TB, kind string) *backend.Backend {
	t.Helper()
	b, err := shared[kind]()
	absent := errors.Is(err, backend.ErrNoPlugin) || errors.Is(err, backend.ErrNoXLA)
	if kind == backend.KindXLA && absent && os.Getenv(EnvRequireXLA) == "" {
		t.Skipf("%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Call runs a compiled graph and returns its outputs, each flat.
func Call[T float32 | float64](t testing.TB, exec *graph.Exec, args ...any) [][]T {
	t.Helper()
	outputs, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	flat := make([][]T, len(outputs))
	for i, out := range outputs {
		flat[i] = tensors.MustCopyFlatData[T](out)
		out.MustFinalizeAll()
	}
	return flat
}
