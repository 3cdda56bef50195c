package vae

import (
	"testing"

	"github.com/maskflow/maskflow/backend/backendtest"
)

func TestMain(m *testing.M) { backendtest.Main(m) }
