package backend

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nvidiaDevices are the files that the NVIDIA driver makes, one of them on WSL.
var nvidiaDevices = []string{"/dev/nvidia*", "/dev/dxg"}

var errNoNVIDIA = errors.New("no NVIDIA device on this machine (no /dev/nvidia*; use xla, go or auto)")

func hasNVIDIA() bool {
	for _, pattern := range nvidiaDevices {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// describeNVIDIA asks the driver's tool for names, driver and memory, one
// device a line; empty when the tool is missing or has no answer.
func describeNVIDIA(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader").Output()
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
