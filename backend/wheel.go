package backend

import (
	"archive/zip"
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// wheel is a Python wheel, a zip file, with one plugin in it.
type wheel struct {
	zip      *zip.Reader
	plugin   *zip.File
	licenses []*zip.File

	name, version, license string // From METADATA; empty when it does not say.
}

// maxText bounds a METADATA or licence file. maxPlugin bounds a plugin: the
// largest known have 0.4 GB.
const (
	maxText   = 8 << 20
	maxPlugin = 4 << 30
)

// openWheel finds the plugin and the licence texts of a wheel.
func openWheel(r io.ReaderAt, size int64) (*wheel, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not a wheel: %s", text.FirstLine(err.Error()))
	}
	w := &wheel{zip: z}
	for _, f := range z.File {
		dir, base := path.Split(f.Name)
		switch {
		case kindOfFile(base) != "":
			if w.plugin != nil {
				return nil, fmt.Errorf("two plugins in one wheel: %s and %s", w.plugin.Name, f.Name)
			}
			w.plugin = f
		case strings.HasSuffix(dir, ".dist-info/") && base == "METADATA":
			if err := w.readMetadata(f); err != nil {
				return nil, fmt.Errorf("reading %s: %w", f.Name, err)
			}
		case strings.Contains(dir, ".dist-info/") && isLicense(base):
			w.licenses = append(w.licenses, f)
		}
	}
	if w.plugin == nil {
		return nil, errors.New("no PJRT plugin in this wheel (a file such as pjrt_c_api_cpu_plugin.so)")
	}
	if w.plugin.UncompressedSize64 > maxPlugin {
		return nil, fmt.Errorf("%s says that it has %d bytes", w.plugin.Name, w.plugin.UncompressedSize64)
	}
	return w, nil
}

func isLicense(base string) bool {
	upper := strings.ToUpper(base)
	return slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "THIRD_PARTY"}, func(p string) bool {
		return strings.HasPrefix(upper, p)
	})
}

// readMetadata reads the header lines of core metadata; the text after the
// first empty line is the description, and lines that are none are passed over.
func (w *wheel) readMetadata(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	h, _ := textproto.NewReader(bufio.NewReader(io.LimitReader(r, maxText))).ReadMIMEHeader()
	w.name, w.version = h.Get("Name"), h.Get("Version")
	w.license = text.Shorten(cmp.Or(h.Get("License-Expression"), h.Get("License")), 100) // some packages give all of its text
	return nil
}

// extractPlugin writes the plugin to a new file and syncs it.
func (w *wheel) extractPlugin(to string) error { return extract(w.plugin, to, maxPlugin, 0o755) }

// extractLicenses writes the licence texts into a folder and returns their
// paths. A wheel without any makes no folder.
func (w *wheel) extractLicenses(dir string) (paths []string, err error) {
	for _, f := range w.licenses {
		to := filepath.Join(dir, licenseName(f))
		if slices.Contains(paths, to) {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		if err := extract(f, to, maxText, 0o644); err != nil {
			return nil, fmt.Errorf("reading %s: %w", f.Name, err)
		}
		paths = append(paths, to)
	}
	return paths, nil
}

// licenseName is the last element of a name that comes from outside.
func licenseName(f *zip.File) string { return path.Base(f.Name) }

// extract writes at most limit bytes of a file of the wheel to a new file.
func extract(f *zip.File, to string, limit int64, mode os.FileMode) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return copyNew(to, io.LimitReader(r, limit), mode)
}

// copyNew writes a file that does not exist yet and syncs it to disk.
func copyNew(to string, r io.Reader, mode os.FileMode) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return cmp.Or(err, f.Sync(), f.Close())
}
