package reproduce

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
)

// A smoke test of wines and mushrooms goes from their files to a table.
func TestQuickOnRealData(t *testing.T) {
	for _, name := range []string{"wine-red", "made-mushrooms", "sbi-two-moons"} {
		t.Run(name, func(t *testing.T) {
			e, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := os.Getenv("MASKFLOW_DATA")
			file := filepath.Join(dir, e.Data[0].Name)
			if _, err := os.Stat(file); dir == "" || errors.Is(err, fs.ErrNotExist) {
				t.Skipf("no %s (the data folder is MASKFLOW_DATA)", file)
			}
			kind := backend.KindGo
			if strings.HasPrefix(name, "sbi-") { // whose figures train classifiers: one is enough
				kind, e.Figures = backend.KindXLA, e.Figures[:1]
			}
			b := backendtest.Open(t, kind)
			table, err := e.Run(t.Context(), b, Options{Dir: t.TempDir(), DataDir: dir, Quick: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(table.Rows) != len(e.Figures) || !table.Quick {
				t.Errorf("%+v", table)
			}
			for _, r := range table.Rows {
				if !(r.Error >= 0) || (r.Reached == nil) != (r.Target == "") || r.Seconds <= 0 {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}
