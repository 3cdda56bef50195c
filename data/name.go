package data

import (
	"fmt"
	"path/filepath"
)

// CheckName returns an error unless the suffix of path is one that [WriteFile]
// writes: .npy, .npz, .csv or .tsv, the last two also with .gz.
func CheckName(path string) error {
	if kind := kindOf(path); kind == unknownKind || kind == idxKind {
		return fmt.Errorf("files named *%s are not written (.npy .npz .csv are)", filepath.Ext(path))
	}
	return nil
}
