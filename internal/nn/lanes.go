//go:build !(goexperiment.simd && amd64)

package nn

func accumulate(out, w, a []float32) { accumulateGeneric(out, w, a) }
