// Package quiet keeps what libraries print while they are initialised, such as that there is no $HOME, from standard
// error. It imports nothing but os and so is initialised before package klog, by which they print and whose path comes
// later in the order of initialisation. Package cli is initialised after them and calls [End].
package quiet

import "os"

var stderr = os.Stderr

func init() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

// End gives standard error back.
func End() {
	if os.Stderr != stderr {
		_ = os.Stderr.Close()
		os.Stderr = stderr
	}
}
