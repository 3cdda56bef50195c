package backendtest_test

import (
	"os"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	os.Exit(m.Run())
}

func TestEachSharesItsBackends(t *testing.T) {
	seen := map[string]*backend.Backend{}
	for range 2 {
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			if old := seen[b.Kind]; old != nil && old != b {
				t.Errorf("%s was opened twice", b.Kind)
			}
			seen[b.Kind] = b
		})
	}
	if seen[backend.KindGo] == nil {
		t.Error("no test ran on the Go backend")
	}
}
