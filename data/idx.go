package data

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// idxKinds are the element types of the IDX format by their code
// (yann.lecun.com/exdb/mnist).
var idxKinds = map[byte]elementKind{0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}

// readIDX reads one array in the IDX format: two zero bytes, the type, the
// number of dimensions, the dimensions and the values, most significant byte
// first.
func readIDX(r io.Reader, avail int64, name string, limit *budget, allowMissing bool) (*Set, error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return nil, fmt.Errorf("in the IDX header: %w", damage(err))
	}
	kind, known := idxKinds[magic[2]]
	if magic[0] != 0 || magic[1] != 0 || !known {
		return nil, fmt.Errorf("it does not begin as an IDX array does: % x", magic)
	}
	dims := make([]byte, 4*int(magic[3]))
	if _, err := io.ReadFull(r, dims); err != nil {
		return nil, fmt.Errorf("in the IDX header: %w", damage(err))
	}
	shape := make([]uint64, magic[3])
	for i := range shape {
		shape[i] = uint64(binary.BigEndian.Uint32(dims[4*i:]))
	}
	b, err := newBlock(element{kind: kind, big: true}, shape, false)
	if err != nil {
		return nil, fmt.Errorf("in the IDX header: %w", err)
	}
	x, err := b.read(r, avail-int64(len(magic)+len(dims)), limit, allowMissing)
	if err != nil {
		return nil, err
	}
	return b.set(name, x), nil
}

// loadIDXFolder reads a folder with MNIST's four files. The last sixth of the
// training images is the validation set: of MNIST's 60,000, the last 10,000.
func loadIDXFolder(ctx context.Context, dir string, labels bool, limit *budget) (*Splits, error) {
	train, err := readIDXPair(ctx, dir, "train", labels, limit)
	if err != nil {
		return nil, err
	}
	test, err := readIDXPair(ctx, dir, "t10k", labels, limit)
	if err != nil {
		return nil, err
	}
	sets := []*Set{train.images, test.images}
	if labels {
		if err := attachLabels(sets, []*Set{train.labels, test.labels}, limit); err != nil {
			return nil, err
		}
	}
	rows := train.images.Rows
	valid := rows / 6
	if valid == 0 {
		return nil, fmt.Errorf("%s has %d images: at least 6 are needed, one in six for validation", train.images.Name, rows)
	}
	return &Splits{
		Train: train.images.part(0, rows-valid, "train"),
		Valid: train.images.part(rows-valid, rows, "valid"),
		Test:  test.images,
		Note:  fmt.Sprintf("valid is the last %d of %d training images", valid, rows),
	}, nil
}

type idxPair struct{ images, labels *Set }

func readIDXPair(ctx context.Context, dir, part string, labels bool, limit *budget) (p idxPair, err error) {
	if p.images, err = readIDXIn(ctx, dir, part+"-images", 3, limit); err != nil || !labels {
		return p, err
	}
	p.labels, err = readIDXIn(ctx, dir, part+"-labels", 1, limit)
	return p, err
}

// readIDXIn reads the file of a folder with that name, spelled and compressed
// as it may be.
func readIDXIn(ctx context.Context, dir, name string, rank int, limit *budget) (*Set, error) {
	for _, form := range []string{"%s-idx%d-ubyte", "%s.idx%d-ubyte"} {
		for _, gz := range []string{"", ".gz"} {
			file := fmt.Sprintf(form, name, rank) + gz
			s, err := readFile(ctx, filepath.Join(dir, file), ReadOptions{}, limit)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			return s, nil
		}
	}
	return nil, fmt.Errorf("the folder has no %s-idx%d-ubyte or %[1]s-idx%[2]d-ubyte.gz: of folders, those with MNIST's four IDX files are read",
		name, rank)
}

// loadIDX reads one IDX file, to be divided. Its labels are looked for beside
// it, under the name that MNIST gives them.
func loadIDX(ctx context.Context, path string, labels bool, limit *budget) (*Splits, error) {
	s, err := readFile(ctx, path, ReadOptions{}, limit)
	if err != nil || !labels {
		return &Splits{Train: s}, err
	}
	dir, file := filepath.Split(path)
	name, _, isImages := strings.Cut(file, "-images")
	if !isImages {
		return nil, errors.New("labels are asked for, but the name does not tell where: NAME-images-idx3-ubyte goes with NAME-labels-idx1-ubyte")
	}
	l, err := readIDXIn(ctx, dir, name+"-labels", 1, limit)
	if err != nil {
		return nil, err
	}
	return &Splits{Train: s}, attachLabels([]*Set{s}, []*Set{l}, limit)
}
