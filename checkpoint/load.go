package checkpoint

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/maskflow/maskflow/internal/files"
)

// Load reads a checkpoint and verifies all of it: the hashes of header and
// data, types, shapes and offsets. Nothing is allocated that the size of the
// file does not justify. The one error says what is wrong with which file.
func Load(path string) (*State, error) {
	return readFile(path, true)
}

func readFile(path string, keep bool) (*State, error) {
	s, err := func() (*State, error) {
		f, info, err := files.OpenRegular(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return read(f, info.Size(), keep)
	}()
	if err != nil {
		return nil, fmt.Errorf("reading the checkpoint %s: %w", path, files.Cause(err)) // the path is given once
	}
	return s, nil
}

// read reads a checkpoint of size bytes; without keep it leaves Data empty.
func read(from io.Reader, size int64, keep bool) (*State, error) {
	r := bufio.NewReaderSize(from, 64<<10) // large tensors pass by it
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
	h, err := decodeHeader(text, size-lengthSize-int64(n))
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
