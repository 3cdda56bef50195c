package backend

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// Installed is the receipt of an installed plugin. It is written beside the
// plugin as NAME.json, and the plugin is held against its hash before it is
// loaded.
type Installed struct {
	Path      string    `json:"path"`              // Absolute path of the plugin.
	Kind      string    `json:"kind"`              // KindXLA or KindCUDA.
	Package   string    `json:"package,omitempty"` // Python distribution; empty for a bare library.
	Version   string    `json:"version,omitempty"`
	License   string    `json:"license,omitempty"`  // As the package states it; empty when it does not.
	Licenses  []string  `json:"licenses,omitempty"` // Absolute paths of the licence texts.
	From      string    `json:"from,omitempty"`     // The file it came from; empty for pip.
	Size      int64     `json:"size"`               // Bytes.
	SHA256    string    `json:"sha256"`
	Pinned    bool      `json:"pinned"`        // The plugin is one that this version of the program knows.
	API       string    `json:"api,omitempty"` // PJRT C API version, when it could be tried.
	Installed time.Time `json:"installed"`

	// Already says that Install found this plugin in place and did nothing.
	Already bool `json:"-"`
}

// readReceipt returns nil for a plugin that has no receipt.
func readReceipt(plugin string) (*Installed, error) {
	text, err := files.ReadRegular(receiptPath(plugin), 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("has a receipt that cannot be read: %w", err)
	}
	in, err := parseReceipt(text)
	if err != nil {
		return nil, fmt.Errorf("has a damaged receipt %s: %w (run: maskflow backend install --force)", receiptPath(plugin), err)
	}
	in.Path = plugin // The folder may have been moved as a whole.
	in.Pinned = isPinned(in.SHA256)
	return in, nil
}

func parseReceipt(text []byte) (*Installed, error) {
	in := new(Installed)
	if err := json.Unmarshal(text, in); err != nil {
		return nil, err
	}
	if len(in.SHA256) != 64 || in.Size <= 0 {
		return nil, errors.New("no size or SHA-256 in it")
	}
	return in, nil
}

// receiptPath is where the receipt of an installed plugin lies, beside it.
func receiptPath(plugin string) string {
	return strings.TrimSuffix(plugin, filepath.Ext(plugin)) + ".json"
}

func writeReceipt(in *Installed) error {
	text, err := json.MarshalIndent(in, "", "  ")
	if err != nil {
		return err
	}
	return files.Replace(receiptPath(in.Path), append(text, '\n'))
}
