package cli

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/maskflow/maskflow/backend"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	keepMain()
	testscript.Main(m, map[string]func(){
		"maskflow": func() { os.Exit(Do(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}
