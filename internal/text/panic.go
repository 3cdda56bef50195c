package text

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// PanicSite returns the file and the line where the panic began that a deferred function is recovering, as
// folder/file.go:12, without the other folders of the machine that built the program.
func PanicSite() string {
	pcs := make([]uintptr, 50)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for began := false; ; {
		f, more := frames.Next()
		if began && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s/%s:%d", filepath.Base(filepath.Dir(f.File)), filepath.Base(f.File), f.Line)
		}
		began = began || f.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
