package verify_test

import (
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/nade"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

func newMADE(t testing.TB, o made.Options) *made.Model {
	t.Helper()
	m, err := made.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newNADE(t testing.TB, o nade.Options) *nade.Model {
	t.Helper()
	m, err := nade.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newModel(t testing.TB, b *backend.Backend, d models.Definition, w models.Weights, o maskflow.Options) *maskflow.Model {
	t.Helper()
	m, err := maskflow.New(b, d, w, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}
