package main

import (
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v4/cpu"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
)

// machine says on what, and with which versions, the numbers of maskflow were taken. XLA,
// JAX and torch take one thread a core; `taskset` gives all of them fewer.
func machine(b *backend.Backend) string {
	return fmt.Sprintf("%s, %d cores, %s/%s\nmaskflow %s, %s, GoMLX %s, %v", cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		maskflow.Version, runtime.Version(), backend.Built().GoMLX, b)
}

// cpuModel is the processor's name where the system gives it.
func cpuModel() string {
	if info, err := cpu.Info(); err == nil && len(info) > 0 {
		return info[0].ModelName
	}
	return "unknown processor"
}
