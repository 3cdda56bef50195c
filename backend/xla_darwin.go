//go:build cgo && !noxla && arm64

package backend

// What XLA needs on Linux alone.

func keepMemory() {}

func preloadCUDA(string) {}
