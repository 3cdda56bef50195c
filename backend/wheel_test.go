package backend

import (
	"archive/zip"
	"bytes"
	"io"
	"path/filepath"
	"slices"
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

func TestWheel(t *testing.T) {
	text := zipOf(t,
		"fake/__init__.py", "",
		"fake/pjrt_c_api_cpu_plugin.so", "library",
		"fake-1.2.3.dist-info/METADATA", metadata,
		"fake-1.2.3.dist-info/licenses/LICENSE", "the licence",
		"fake-1.2.3.dist-info/licenses/deep/../../THIRD_PARTY_NOTICES", "the notices",
		"fake-1.2.3.dist-info/RECORD", "",
	)
	w, err := openWheel(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if w.name != "fake-plugin" || w.version != "1.2.3" || w.license != "MIT" {
		t.Errorf("metadata: %q %q %q", w.name, w.version, w.license)
	}
	dir := t.TempDir()
	plugin := filepath.Join(dir, "p.so")
	if err := w.extractPlugin(plugin); err != nil {
		t.Fatal(err)
	}
	if got := read(t, plugin); got != "library" {
		t.Errorf("plugin is %q", got)
	}
	if err := w.extractPlugin(plugin); err == nil {
		t.Error("an existing file is written over")
	}
	licenses, err := w.extractLicenses(filepath.Join(dir, "l"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "l", "LICENSE"), filepath.Join(dir, "l", "THIRD_PARTY_NOTICES")}
	if !slices.Equal(licenses, want) {
		t.Fatalf("licences %q, want %q", licenses, want)
	}
	if got := read(t, want[1]); got != "the notices" {
		t.Errorf("notices are %q", got)
	}
}

func TestBadWheels(t *testing.T) {
	for _, test := range []struct {
		text []byte
		want string
	}{
		{[]byte("text"), "not a wheel"},
		{zipOf(t, "a/METADATA", metadata), "no PJRT plugin in this wheel"},
		{zipOf(t, "a/pjrt_c_api_cpu_plugin.so", "", "b/pjrt_c_api_cuda_plugin.so", ""), "two plugins in one wheel"},
	} {
		_, err := openWheel(bytes.NewReader(test.text), int64(len(test.text)))
		wantError(t, err, test.want)
	}
}

// A wheel whose content does not fit its own checksum is refused.
func TestDamagedWheel(t *testing.T) {
	text := zipOf(t, "a/pjrt_c_api_cpu_plugin.so", "library")
	i := bytes.Index(text, []byte("library"))
	text[i] ^= 1
	w, err := openWheel(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, w.extractPlugin(filepath.Join(t.TempDir(), "p.so")), "checksum")
}

func FuzzOpenWheel(f *testing.F) {
	f.Add(zipOf(f, "a/pjrt_c_api_cpu_plugin.so", "library", "a.dist-info/METADATA", metadata, "a.dist-info/LICENSE", "l"))
	f.Add(zipOf(f, "../../pjrt_c_api_cpu_plugin.so", "library", "../a.dist-info/LICENSE", "l", "a.dist-info/LICENSE/", ""))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := openWheel(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		for _, l := range w.licenses {
			if name := licenseName(l); !filepath.IsLocal(name) || filepath.Base(name) != name {
				t.Errorf("licence %q would be written to %q", l.Name, name)
			}
		}
		if r, err := w.plugin.Open(); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			_ = r.Close()
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
