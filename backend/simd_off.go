//go:build !goexperiment.simd || !amd64

package backend

// simdBuild says whether the Go backend of this program has vector kernels:
// they are compiled in only under GOEXPERIMENT=simd, and only for amd64.
const simdBuild = false
