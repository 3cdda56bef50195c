//go:build !unix

package backend

import (
	"errors"
	"os"
)

// CaptureStderr is not available on this system and always fails.
func CaptureStderr(*os.File) (former *os.File, restore func() error, err error) {
	return nil, nil, errors.New("standard error cannot be captured on this system")
}
