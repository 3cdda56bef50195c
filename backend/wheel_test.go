package backend

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// zipOf packs name, text, name, text, … uncompressed.
func zipOf(t testing.TB, namesAndTexts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(namesAndTexts); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: namesAndTexts[i]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(namesAndTexts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const metadata = "Metadata-Version: 2.4\nName: fake-plugin\nVersion: 1.2.3\nLicense-Expression: MIT\nLicense: ignored\n\nName: not this\n"

// unpackWheel unpacks and describes a wheel with such content.
func unpackWheel(t testing.TB, content []byte) (dir string, in *Installed, err error) {
	t.Helper()
	wheel := filepath.Join(t.TempDir(), "fake.whl")
	if err := os.WriteFile(wheel, content, 0o644); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(filepath.Dir(wheel), "within", "unpacked")
	if err = unpack(wheel, dir); err == nil {
		in, err = describeUnpacked(dir)
	}
	return dir, in, err
}

func TestWheel(t *testing.T) {
	dir, in, err := unpackWheel(t, zipOf(t,
		"fake/__init__.py", "",
		"fake/pjrt_c_api_cpu_plugin.so", "library",
		"fake-1.2.3.dist-info/METADATA", metadata,
		"fake-1.2.3.dist-info/licenses/LICENSE", "the licence",
		"fake-1.2.3.dist-info/licenses/deep/../THIRD_PARTY_NOTICES", "the notices",
		"fake-1.2.3.dist-info/RECORD", "",
	))
	if err != nil {
		t.Fatal(err)
	}
	if in.Package != "fake-plugin" || in.Version != "1.2.3" || in.License != "MIT" || in.Size != 7 || in.SHA256 != sum("library") || in.Kind != KindXLA {
		t.Errorf("receipt %+v", in)
	}
	target := filepath.Join(filepath.Dir(dir), "p.so")
	licenses, err := placeCPU(dir, in.Path, target)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, target); got != "library" {
		t.Errorf("plugin is %q", got)
	}
	want := []string{filepath.Join(filepath.Dir(dir), "p-licenses", "LICENSE"), filepath.Join(filepath.Dir(dir), "p-licenses", "THIRD_PARTY_NOTICES")}
	if !slices.Equal(licenses, want) {
		t.Fatalf("licences %q, want %q", licenses, want)
	}
	if got := read(t, want[1]); got != "the notices" {
		t.Errorf("notices are %q", got)
	}
}

func TestBadWheels(t *testing.T) {
	var bomb bytes.Buffer
	w := zip.NewWriter(&bomb)
	if _, err := w.CreateRaw(&zip.FileHeader{Name: "a/pjrt_c_api_cpu_plugin.so", Method: zip.Deflate, UncompressedSize64: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text []byte
		want string
	}{
		{[]byte("text"), "is not a wheel"},
		{bomb.Bytes(), "holds more than"},
		{zipOf(t, "a/METADATA", metadata), "0 PJRT plugins in it"},
		{zipOf(t, "a/pjrt_c_api_cpu_plugin.so", "", "b/pjrt_c_api_cuda_plugin.so", ""), "2 PJRT plugins in it"},
	} {
		_, _, err := unpackWheel(t, test.text)
		wantError(t, err, test.want)
	}
}

// A wheel whose content does not fit its own checksum is refused.
func TestDamagedWheel(t *testing.T) {
	text := zipOf(t, "a/pjrt_c_api_cpu_plugin.so", "library")
	text[bytes.Index(text, []byte("library"))] ^= 1
	_, _, err := unpackWheel(t, text)
	wantError(t, err, "checksum")
}

func FuzzUnpackWheel(f *testing.F) {
	f.Add(zipOf(f, "a/pjrt_c_api_cpu_plugin.so", "library", "a.dist-info/METADATA", metadata, "a.dist-info/LICENSE", "l"))
	f.Add(zipOf(f, "../../pjrt_c_api_cpu_plugin.so", "library", "../a.dist-info/LICENSE", "l", "a.dist-info/LICENSE/", ""))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir, in, err := unpackWheel(t, text)
		if err == nil && !strings.HasPrefix(in.Path, dir) {
			t.Errorf("a plugin outside of its folder: %+v", in)
		}
		within, _ := os.ReadDir(filepath.Dir(dir))
		above, _ := os.ReadDir(filepath.Dir(filepath.Dir(dir)))
		if len(within) > 1 || len(above) > 2 {
			t.Errorf("files outside of the folder: %v, %v", within, above)
		}
	})
}

func FuzzParseReceipt(f *testing.F) {
	f.Add([]byte(`{"size":1,"sha256":"ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2"}`))
	f.Add([]byte(`{"size":0}`))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := parseReceipt(text)
		if err == nil && (in.Size <= 0 || len(in.SHA256) != 64) {
			t.Errorf("a receipt without a size and a hash passes: %+v", in)
		}
	})
}
