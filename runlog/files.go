package runlog

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// replaceFile writes a file so that a reader, and a machine that comes up
// after a power cut, finds the old content or the new, never a part.
func replaceFile(path string, content []byte) error {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := writeSynced(temp, content); err != nil {
		_ = os.Remove(temp) // the first error is the one to report
		return err
	}
	return os.Rename(temp, path)
}

func writeSynced(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// readBounded reads a regular file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("the file is longer than %d bytes", limit)
	}
	return text, nil
}
