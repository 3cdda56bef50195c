package monitor

import (
	"context"
	"errors"

	"github.com/maskflow/maskflow/runlog"
)

// Memory returns the resident memory in bytes of the process that writes a run,
// when it is a process of this host.
func Memory(m *runlog.Manifest) (bytes int64, ok bool) { return 0, false }

// A GPU is how a device stands. A number that the driver does not tell is NaN.
type GPU struct {
	Index       int
	Name        string
	Utilization float64 // percent
	MemoryUsed  float64 // bytes
	MemoryTotal float64 // bytes
	Temperature float64 // °C
}

// ErrNoGPU reports that this host has no nvidia-smi.
var ErrNoGPU = errors.New("nvidia-smi is not installed")

// GPUs asks nvidia-smi for the devices of this host.
func GPUs(ctx context.Context) ([]GPU, error) { return nil, ErrNoGPU }
