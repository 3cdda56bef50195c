package backend

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// trial remembers that a plugin file was hashed, or that it ran a computation
// in a child process, so that neither is repeated at every start. It holds for
// a file of the same path, size and modification time under the same version
// of go-xla.
type trial struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	GoXLA    string    `json:"go_xla"` // Empty in test binaries, which do not know it.

	SHA256  string   `json:"sha256,omitempty"` // Empty while unknown.
	Ran     bool     `json:"ran"`              // It ran in a child process.
	API     string   `json:"api,omitempty"`    // PJRT C API version, when it ran.
	Devices []string `json:"devices,omitempty"`
}

func (t trial) sameFile(u trial) bool {
	return t.Path == u.Path && t.Size == u.Size && t.Modified.Equal(u.Modified) && t.GoXLA == u.GoXLA
}

// identify describes the file as it is now, with nothing known about it.
func identify(path string) (trial, error) {
	info, err := os.Stat(path)
	if err != nil {
		return trial{}, err
	}
	return trial{Path: path, Size: info.Size(), Modified: info.ModTime().UTC(), GoXLA: Built().GoXLA}, nil
}

// trialsFile is $XDG_CACHE_HOME/maskflow/plugins.json, or what the system has
// for it; empty where there is no home folder.
func trialsFile() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "maskflow", "plugins.json")
}

// A damaged or missing file of trials only means that they are done again.
func readTrials() (all []trial) {
	text, err := files.ReadRegular(trialsFile(), 1<<20)
	if err != nil || json.Unmarshal(text, &all) != nil {
		return nil
	}
	return all
}

// recall fills in what is known about the file t.
func recall(t trial) trial {
	for _, known := range readTrials() {
		if known.sameFile(t) {
			return known
		}
	}
	return t
}

// remember is best effort: where the cache cannot be written, the next start
// hashes and tries the plugin again.
func remember(t trial) {
	all := slices.DeleteFunc(readTrials(), func(u trial) bool {
		_, err := os.Stat(u.Path)
		stale := u.Path == t.Path && !(u.Size == t.Size && u.Modified.Equal(t.Modified))
		return err != nil || stale || u.sameFile(t)
	})
	text, err := json.MarshalIndent(append(all, t), "", "  ")
	if err != nil {
		return
	}
	path := trialsFile()
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	_ = files.Replace(path, append(text, '\n'))
}

// hashFile returns the SHA-256 of a file in hexadecimal digits.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
