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
	t, err := identify(path)
	if err != nil {
		return t, checkLibrary(path)
	}
	if known := recall(t); !again && (known.Ran || known.SHA256 != "" && !canProbe.Load()) {
		return known, nil
	}
	if err := checkLibrary(path); err != nil {
		return t, err
	}
	receipt, err := readReceipt(path)
	if err != nil {
		return t, err
	}
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

// receiptPath is where the receipt of an installed plugin lies, beside it.
func receiptPath(plugin string) string {
	return strings.TrimSuffix(plugin, filepath.Ext(plugin)) + ".json"
}
