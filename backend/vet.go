package backend

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
)

var errNotInstalled = errors.New("is not the file that was installed (run: maskflow backend install --force)")

// vet says whether a plugin may be loaded into this process, and what is known
// about it then. The error reads on after "plugin PATH ".
//
// In this order: the file is looked at; what this package installed is compared
// with the hash of its receipt; the plugin runs in a child process. What has
// passed is remembered until the file changes, unless again is set.
func vet(ctx context.Context, kind, path string, again bool) (trial, error) {
	t, receipt, err := inspect(path)
	if err != nil || !again && (t.Ran || t.SHA256 != "" && !canProbe.Load()) {
		return t, err
	}
	t = trial{Path: t.Path, Size: t.Size, Modified: t.Modified, GoXLA: t.GoXLA}
	if receipt != nil {
		t.SHA256, err = hashFile(path)
		if err != nil {
			return t, err
		}
		if t.SHA256 != receipt.SHA256 {
			t.SHA256 = ""
			return t, errNotInstalled
		}
	}
	result, err := probe(ctx, kind, path)
	switch {
	case err == nil:
		t.Ran, t.API, t.Devices = true, result.API, result.Devices
	case errors.Is(err, errNoProbe) && receipt != nil:
		// Install tried these very bytes.
	default:
		return t, err
	}
	remember(t)
	return t, nil
}

// inspect looks at the file of a plugin without loading it: what earlier trials
// found, the receipt, and why it is refused.
func inspect(path string) (t trial, receipt *Installed, err error) {
	if t, err = identify(path); err == nil {
		t = recall(t)
	}
	if err = checkLibrary(path); err == nil {
		receipt, err = readReceipt(path)
	}
	return t, receipt, err
}

// receiptPath is where the receipt of an installed plugin lies, beside it.
func receiptPath(plugin string) string {
	return strings.TrimSuffix(plugin, filepath.Ext(plugin)) + ".json"
}
