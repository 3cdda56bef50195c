package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
)

// Save is [Folder.Save] in a folder by its path, which is made when it does not exist.
func Save(dir, name string, s *State) (path string, err error) {
	if err := validate(name, s); err != nil {
		return "", err
	}
	f, err := files.MakeFolder(dir)
	if err != nil {
		return "", fmt.Errorf("saving %s: %w", filepath.Join(dir, name), err)
	}
	defer f.Close() //nolint:errcheck // files are synced
	return In(f, nil).Save(name, s)
}

// Save writes a state to a file and returns its path. The name is
// [StepName] of the state's step, [Best], or another that ends in
// ".safetensors". A file of that name is replaced; the folder has to be there. When
// Save returns nil, the checkpoint is whole and survives a power cut; when it returns
// an error, the name still belongs to a whole checkpoint if it did before. Temporary
// files that killed writers left are removed: of a checkpoint of a run those of all
// checkpoints of the run, otherwise those of this name.
//
// The tensors are hashed and then written from where they lie, without a copy;
// they must not change meanwhile.
func (f Folder) Save(name string, s *State) (path string, err error) {
	if err := validate(name, s); err != nil {
		return "", err
	}
	path = f.files.Path(name)
	head, err := encodeHeader(s)
	if err == nil {
		err = f.files.RemoveTemporary(func(of string) bool { return of == name || ofRun(of) && ofRun(name) })
	}
	if err == nil {
		err = f.files.WriteAtomic(name, func(w io.Writer) error { return write(w, head, s.Tensors) })
	}
	if err != nil {
		return "", fmt.Errorf("saving %s: %w", path, files.Cause(err))
	}
	return path, nil
}

func validate(name string, s *State) error {
	if s == nil {
		return errors.New("saving a checkpoint: no state is given")
	}
	if filepath.Base(name) != name || strings.HasPrefix(name, ".") || !strings.HasSuffix(name, suffix) {
		return fmt.Errorf("saving a checkpoint: %q is not a file name that ends in %s", name, suffix)
	}
	if n, ok := parseStep(name); ok && n != s.Step {
		return fmt.Errorf("saving a checkpoint: %s would hold step %d", name, s.Step)
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
