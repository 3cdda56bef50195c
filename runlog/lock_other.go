//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package runlog

import (
	"errors"
	"os"
)

func flock(*os.File, bool) error { return errors.ErrUnsupported }
