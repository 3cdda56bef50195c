package backend

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// header is an ELF file that ends after its header.
func header(machine elf.Machine, kind elf.Type) string {
	h := elf.Header64{
		Type: uint16(kind), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Ehsize: 64, Phentsize: 56, Shentsize: 64,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, h); err != nil {
		panic(err)
	}
	return b.String()
}

func TestFilesThatAreNoPlugins(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only ELF files are looked into")
	}
	own := machines[runtime.GOARCH]
	other := elf.EM_S390
	dir := t.TempDir()
	for _, test := range []struct{ name, text, want string }{
		{"text.so", "not a plugin\n", "no ELF header"},
		{"empty.so", "", "is empty"},
		{"short.so", "\x7fEL", "no ELF header"},
		{"magic.so", elf.ELFMAG, "is truncated or damaged"},
		{"other.so", header(other, elf.ET_DYN), "is built for EM_S390"},
		{"program.so", header(own, elf.ET_EXEC), "is not a shared library (ET_EXEC)"},
		{"bare.so", header(own, elf.ET_DYN), "exports no GetPjrtApi"},
	} {
		wantError(t, checkLibrary(write(t, filepath.Join(dir, test.name), test.text)), test.want)
	}
	wantError(t, checkLibrary(filepath.Join(dir, "missing.so")), "does not exist")
	wantError(t, checkLibrary(dir), "is not a regular file")
	wantError(t, checkLibrary(os.DevNull), "is not a regular file")
}

func TestTruncatedLibrary(t *testing.T) {
	whole := read(t, compile(t, cNull, filepath.Join(t.TempDir(), "whole.so")))
	if err := checkELF(bytes.NewReader([]byte(whole)), int64(len(whole))); err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if n%97 != 0 {
			continue
		}
		if checkELF(bytes.NewReader([]byte(whole[:n])), int64(n)) == nil {
			t.Errorf("a plugin cut to %d of %d bytes passes", n, len(whole))
		}
	}
}

// The section headers may be at the start and the data behind them.
func TestSegmentBeyondEndOfFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only ELF files are looked into")
	}
	text := []byte(header(machines[runtime.GOARCH], elf.ET_DYN))
	binary.LittleEndian.PutUint64(text[32:], 64) // Phoff
	binary.LittleEndian.PutUint16(text[56:], 1)  // Phnum
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, elf.Prog64{Type: uint32(elf.PT_LOAD), Off: 0, Filesz: 1 << 20, Memsz: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	text = append(text, b.Bytes()...)
	wantError(t, checkELF(bytes.NewReader(text), int64(len(text))), "is truncated (120 bytes, its headers need 1048576)")
}

func FuzzCheckELF(f *testing.F) {
	f.Add([]byte("#!/bin/sh\n"))
	f.Add([]byte(header(elf.EM_X86_64, elf.ET_DYN)))
	f.Add([]byte(header(elf.EM_AARCH64, elf.ET_DYN)))
	f.Fuzz(func(t *testing.T, text []byte) {
		err := checkELF(bytes.NewReader(text), int64(len(text)))
		if err == nil && !bytes.Contains(text, []byte(pluginSymbol)) {
			t.Error("a file without GetPjrtApi passes")
		}
	})
}
