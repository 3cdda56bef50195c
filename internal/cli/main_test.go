package cli

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/maskflow/maskflow/backend"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	testscript.Main(tests{m}, map[string]func(){
		"maskflow": func() {
			code := Do(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
			if path := os.Getenv(peakVariable); path != "" {
				status, _ := os.ReadFile("/proc/self/status")
				_ = os.WriteFile(path, status, 0o644)
			}
			os.Exit(code)
		},
	})
}

// peakVariable names the variable with the file to which a command writes its status, if Linux has one: with the peak of
// its memory. That of its usage is at least what the process that started it had.
const peakVariable = "MASKFLOW_TEST_STATUS"

// peakOf is the peak of the memory in such a file, 0 without one.
func peakOf(path string) (peak int64) {
	status, _ := os.ReadFile(path)
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	_, _ = fmt.Sscanf(after, "%d kB", &peak)
	return peak << 10
}

type tests struct{ *testing.M }

// Run has programs that tests start be ended by SIGHUP where this process ignores it, as
// under nohup: what is caught here is not ignored there.
func (m tests) Run() int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	return m.M.Run()
}
