package backend

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
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
// first empty line is the description.
func (w *wheel) readMetadata(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	s := bufio.NewScanner(io.LimitReader(r, maxText))
	for s.Scan() && strings.TrimSpace(s.Text()) != "" {
		key, value, ok := strings.Cut(s.Text(), ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(key) {
		case "name":
			w.name = value
		case "version":
			w.version = value
		case "license-expression":
			w.license = value
		case "license":
			if w.license == "" {
				w.license = value
			}
		}
	}
	return s.Err()
}

// extractPlugin writes the plugin to a new file and syncs it.
func (w *wheel) extractPlugin(to string) error {
	r, err := w.plugin.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return copyNew(to, io.LimitReader(r, maxPlugin), 0o755)
}

// extractLicenses writes the licence texts into a folder and returns their
// paths. A wheel without any makes no folder.
func (w *wheel) extractLicenses(dir string) ([]string, error) {
	var paths []string
	for _, f := range w.licenses {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(r, maxText))
		_ = r.Close()
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", f.Name, err)
		}
		to := filepath.Join(dir, licenseName(f))
		if err := files.Replace(to, text); err != nil {
			return nil, err
		}
		paths = append(paths, to)
	}
	return paths, nil
}

// licenseName is the last element of a name that comes from outside.
func licenseName(f *zip.File) string { return path.Base(f.Name) }

// copyNew writes a file that does not exist yet and syncs it to disk.
func copyNew(to string, r io.Reader, mode os.FileMode) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
