//go:build cgo && !noxla && darwin && arm64

package backend

// preloadCUDA has nothing to do: there is no CUDA on this system.
func preloadCUDA(string) {}
