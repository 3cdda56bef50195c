package data

import (
	"strings"
	"testing"
)

// wantError fails unless err is one line that has all the parts.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want %q in it", err, part)
		}
	}
}

// wantTable fails unless a table has those values.
func wantTable(t testing.TB, table interface {
	Dims() (int, int)
	At(int, int) float64
}, rows, dim int, x ...float32) {
	t.Helper()
	r, c := table.Dims()
	if r != rows || c != dim {
		t.Errorf("%d rows of %d, want %d of %d", r, c, rows, dim)
		return
	}
	for k, v := range x {
		if got := table.At(k/dim, k%dim); float32(got) != v {
			t.Errorf("value %d, %d is %v, want %v", k/dim, k%dim, got, v)
		}
	}
}
