package text

import (
	"regexp"
	"testing"
)

func TestPanicSite(t *testing.T) {
	defer func() {
		_ = recover()
		if site := PanicSite(); !regexp.MustCompile(`^text/panic_test\.go:\d+$`).MatchString(site) {
			t.Errorf("the panic began at %q", site)
		}
	}()
	panic("a test")
}
