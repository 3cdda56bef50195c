package runlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/maskflow/maskflow/internal/files"
)

// ReplaceConfig puts another config.yaml in the place of the present one, and
// its hash into run.json: for a resumption with a longer limit, say. Each of the
// two files is replaced whole; after a crash between the two, calling again with
// the same text mends the hash. Nothing is written when nothing differs.
func (w *Writer) ReplaceConfig(config []byte) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		if err != nil {
			err = fmt.Errorf("replacing the configuration of %s: %w", w.dir, err)
		}
	}()
	if w.closed {
		return os.ErrClosed
	}
	m, err := ReadManifest(w.dir)
	if err != nil {
		return err
	}
	path := filepath.Join(w.dir, ConfigFile)
	present, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	hash := configHash(config)
	if bytes.Equal(present, config) && m.ConfigHash == hash {
		return nil
	}
	if err := files.Replace(path, config); err != nil {
		return err
	}
	m.ConfigHash = hash
	return m.write(w.dir)
}

func configHash(config []byte) string {
	sum := sha256.Sum256(config)
	return hex.EncodeToString(sum[:])
}
