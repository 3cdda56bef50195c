//go:build unix

package runlog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// A pipe under the name of a file of the run keeps nobody waiting who reads the
// run: it is named as what is wrong.
func TestAPipeKeepsNobodyWaiting(t *testing.T) {
	for _, name := range []string{ManifestFile, MetricsFile, LockFile} {
		t.Run(name, func(t *testing.T) {
			dir, path := rawRun(t, []byte(`{"t":"start","step":0}`+"\n"))
			r := openReader(t, dir)
			readOnce(t, r)
			piped := filepath.Join(filepath.Dir(path), name)
			if err := os.Remove(piped); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			ok(t, syscall.Mkfifo(piped, 0o644))
			said := make(chan [3]error, 1)
			go func() {
				var all [3]error
				_, all[0] = ReadState(dir, time.Now())
				_, all[1] = Load(dir)
				_, all[2] = r.Read(0)
				said <- all
			}()
			var all [3]error
			select {
			case all = <-said:
			case <-time.After(10 * time.Second):
				t.Fatal("still waiting after ten seconds")
			}
			want := map[string][3]bool{ManifestFile: {true, true, false}, MetricsFile: {true, true, true}, LockFile: {true, false, false}}[name]
			for i, err := range all {
				if (err != nil) != want[i] || err != nil && (!errors.Is(err, files.ErrNotRegular) || !strings.Contains(err.Error(), piped)) {
					t.Errorf("look %d says %v", i, err)
				}
			}
		})
	}
}
