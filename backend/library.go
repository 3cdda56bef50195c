package backend

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
)

// pluginSymbol is the function through which a PJRT plugin hands out its API.
const pluginSymbol = "GetPjrtApi"

// checkLibrary says what keeps a file from being a plugin for this machine, as
// far as that can be told without loading it. The dynamic linker maps a file
// by its headers, so that a truncated one passes dlopen's own checks and kills
// the process (SIGBUS) at the first missing page.
func checkLibrary(path string) error {
	f, info, err := files.OpenRegular(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("does not exist")
	case errors.Is(err, files.ErrNotRegular):
		return errors.New("is not a regular file")
	case err != nil:
		return err
	}
	defer f.Close()
	if info.Size() == 0 {
		return errors.New("is empty")
	}
	if runtime.GOOS != "linux" {
		return nil // Mach-O files are left to the trial in a child process.
	}
	return checkELF(f, info.Size())
}

// machines names the ELF machine of the architectures that GoMLX has XLA for.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

func checkELF(r io.ReaderAt, size int64) error {
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := r.ReadAt(magic, 0); err != nil || string(magic) != elf.ELFMAG {
		return errors.New("is not a shared library (no ELF header)")
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return fmt.Errorf("is truncated or damaged (%s)", text.FirstLine(err.Error()))
	}
	if want := machines[runtime.GOARCH]; f.Machine != want {
		return fmt.Errorf("is built for %v, this program for %v", f.Machine, want)
	}
	if f.Type != elf.ET_DYN {
		return fmt.Errorf("is not a shared library (%v)", f.Type)
	}
	for _, p := range f.Progs {
		if end := p.Off + p.Filesz; end < p.Off || end > uint64(size) {
			return fmt.Errorf("is truncated (%d bytes, its headers need %d)", size, end)
		}
	}
	symbols, err := f.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return fmt.Errorf("is truncated or damaged (%s)", text.FirstLine(err.Error()))
	}
	exported := func(s elf.Symbol) bool { return s.Name == pluginSymbol && s.Section != elf.SHN_UNDEF }
	if !slices.ContainsFunc(symbols, exported) {
		return fmt.Errorf("is not a PJRT plugin (exports no %s)", pluginSymbol)
	}
	return nil
}
