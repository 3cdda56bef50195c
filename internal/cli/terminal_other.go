//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cli

import (
	"errors"
	"os"
	"syscall"
)

// lineModes is not known on this system, where there is no keeper.
type lineModes struct{}

func readModes(*os.File) (*lineModes, error) { return nil, errors.ErrUnsupported }
func (*lineModes) set(*os.File) error        { return errors.ErrUnsupported }
func (*lineModes) raw() bool                 { return false }
func inForeground(*os.File) bool             { return true }
func ownSession() *syscall.SysProcAttr       { return nil }
func ignoreSignals()                         {}
