package checkpoint

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Save writes a state to dir/name and returns that path. The name is
// [StepName] of the state's step, [Best], or another that ends in
// ".safetensors". A file of that name is replaced; the folder is made when it
// does not exist. When Save returns nil, the checkpoint is whole and survives a
// power cut; when it returns an error, the name still belongs to a whole
// checkpoint if it did before. Temporary files that a killed writer left are
// removed.
//
// The tensors are hashed and then written from where they lie, without a copy;
// they must not change meanwhile.
func Save(dir, name string, s *State) (path string, err error) {
	if err := validateName(name, s.Step); err != nil {
		return "", fmt.Errorf("saving a checkpoint: %w", err)
	}
	path = filepath.Join(dir, name)
	head, err := encodeHeader(s)
	if err != nil {
		return "", fmt.Errorf("saving %s: %w", path, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("saving %s: %w", path, err)
	}
	if err := removeTemporary(dir); err != nil {
		return "", fmt.Errorf("saving %s: %w", path, err)
	}
	temp := filepath.Join(dir, temporaryName(name))
	if err := writeSynced(temp, head, s.Tensors); err != nil {
		_ = os.Remove(temp) // the first error is the one to report
		return "", fmt.Errorf("saving %s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return "", fmt.Errorf("saving %s: %w", path, err)
	}
	if err := syncFolder(dir); err != nil {
		return "", fmt.Errorf("saving %s: %w", path, err)
	}
	return path, nil
}

func validateName(name string, step int64) error {
	if filepath.Base(name) != name || strings.HasPrefix(name, ".") || !strings.HasSuffix(name, suffix) {
		return fmt.Errorf("%q is not a file name that ends in %s", name, suffix)
	}
	if n, ok := parseStep(name); ok && n != step {
		return fmt.Errorf("%s would hold step %d", name, step)
	}
	return nil
}

func writeSynced(path string, head []byte, tensors []Tensor) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = write(f, head, tensors)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func write(to io.Writer, head []byte, tensors []Tensor) error {
	w := bufio.NewWriterSize(to, 64<<10) // gathers small tensors; large ones pass by it
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	for _, part := range [][]byte{length, head} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	for i := range tensors {
		if _, err := w.Write(tensors[i].Data); err != nil {
			return err
		}
	}
	return w.Flush()
}

// syncFolder makes a rename last. Windows and some file systems cannot sync a
// folder; there the rename is still atomic.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func temporaryName(name string) string { return "." + name + ".tmp" }

// removeTemporary removes what killed writers left half-written.
func removeTemporary(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, ".") && strings.HasSuffix(name, suffix+".tmp") {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
