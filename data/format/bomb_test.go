package format

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data/datatest"
)

// What unfolds without end is refused at the limit, before more memory is taken than the limit has.
func TestBombsAreRefused(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		line  []byte
		parts int // of 2¹⁸ lines
		want  string
	}{
		"rows":            {[]byte("0\n"), 8, "more than 1000000 values"},
		"texts":           {[]byte("a,b\n"), 8, "more than 1000000 values"},
		"one line":        {[]byte("0"), 300, "a line is longer than 64 MiB"},
		"separators":      {[]byte(","), 8, "more than 1048576 cells"},
		"one quoted cell": {[]byte("\"\"\n"), 8, "more than 1000000 values"},
		"quoted cells":    {[]byte(`"",`), 8, "more than 1048576 cells"},
		"an open quote":   {[]byte("a line that is quite long in a cell that never ends\n"), 7, "a line is longer than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "x.csv.gz")
			file := must.M1(os.Create(path))
			z := must.M1(gzip.NewWriterLevel(file, gzip.BestSpeed))
			if name == "an open quote" {
				must.M1(z.Write([]byte{'"'}))
			}
			for part := bytes.Repeat(c.line, 1<<18); c.parts > 0; c.parts-- {
				must.M1(z.Write(part))
			}
			must.M(z.Close())
			must.M(file.Close())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := ReadFile(context.Background(), path, ReadOptions{MaxValues: 1_000_000})
			runtime.ReadMemStats(&after)
			datatest.WantError(t, err, path, c.want)
			if sys := after.Sys - before.Sys; after.Sys > before.Sys && sys > 400<<20 {
				t.Errorf("%d MB of memory", sys>>20)
			}
		})
	}
}
