package checkpoint

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/maskflow/maskflow/internal/files"
)

// Load reads a checkpoint and verifies all of it: the hashes of header and
// data, types, shapes and offsets. Nothing is allocated that the size of the
// file does not justify. The one error says what is wrong with which file.
func Load(path string) (*State, error) {
	f, info, err := files.OpenRegular(path)
	if err != nil {
		return nil, unread(path, err)
	}
	return readFile(f, info, path, true)
}

// Load is the function [Load] of a name in the folder.
func (f Folder) Load(name string) (*State, error) { return f.read(name, true) }

func (f Folder) read(name string, keep bool) (*State, error) {
	file, info, err := f.files.Open(name)
	if err != nil {
		return nil, unread(f.files.Path(name), err)
	}
	return readFile(file, info, f.files.Path(name), keep)
}

func readFile(f io.ReadCloser, info fs.FileInfo, path string, keep bool) (*State, error) {
	defer f.Close() //nolint:errcheck // nothing was written
	s, err := read(f, info.Size(), keep)
	if err != nil {
		return nil, unread(path, err)
	}
	return s, nil
}

// readHead reads a checkpoint without the data of its tensors.
func (f Folder) readHead(name string) (*State, error) {
	file, info, err := f.files.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	h, err := readHeader(file, info.Size())
	if err != nil {
		return nil, err
	}
	return &h.State, nil
}

func unread(path string, err error) error {
	return fmt.Errorf("reading the checkpoint %s: %w", path, files.Cause(err)) // the path is given once
}

// read reads a checkpoint of size bytes; without keep it leaves Data empty.
func read(from io.Reader, size int64, keep bool) (*State, error) {
	r := bufio.NewReaderSize(from, 64<<10) // large tensors pass by it
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for i := range h.Tensors {
		t := &h.Tensors[i]
		length, err := byteLen(t.DType, t.Shape)
		if err == nil && keep {
			t.Data = make([]byte, length)
			_, err = io.ReadFull(r, t.Data)
			sum.Write(t.Data)
		} else if err == nil {
			_, err = io.CopyN(sum, r, length)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != h.dataSHA256 {
		return nil, errors.New("the data is damaged: it does not match its hash")
	}
	return &h.State, nil
}

// readHeader reads what comes before the data of a checkpoint of size bytes.
func readHeader(r io.Reader, size int64) (*header, error) {
	var length [lengthSize]byte
	if size < lengthSize {
		return nil, fmt.Errorf("the file is cut off: it has %d bytes", size)
	}
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader {
		return nil, fmt.Errorf("the file is not a checkpoint: its header would have %d bytes", n)
	}
	if n > uint64(size-lengthSize) {
		return nil, fmt.Errorf("the file is cut off: %d bytes with a header of %d", size, n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	return decodeHeader(text, size-lengthSize-int64(n))
}
