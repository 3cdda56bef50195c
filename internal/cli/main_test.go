package cli

import (
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/maskflow/maskflow/backend"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	testscript.Main(tests{m}, map[string]func(){
		"maskflow": func() { os.Exit(Do(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

type tests struct{ *testing.M }

// Run has programs that tests start be ended by SIGHUP where this process ignores it, as
// under nohup: what is caught here is not ignored there.
func (m tests) Run() int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	return m.M.Run()
}
