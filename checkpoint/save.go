package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
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
	if s == nil {
		return "", errors.New("saving a checkpoint: no state is given")
	}
	if err := validateName(name, s.Step); err != nil {
		return "", fmt.Errorf("saving a checkpoint: %w", err)
	}
	path = filepath.Join(dir, name)
	head, err := encodeHeader(s)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = files.RemoveTemporary(dir, suffix)
	}
	if err == nil {
		err = files.WriteAtomic(path, func(w io.Writer) error { return write(w, head, s.Tensors) })
	}
	if err != nil {
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

func write(w io.Writer, head []byte, tensors []Tensor) error {
	parts := [][]byte{binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head}
	for i := range tensors {
		parts = append(parts, tensors[i].Data)
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}
