//go:build goexperiment.simd && amd64

package nn

import "simd/archsimd"

var hasAVX2 = archsimd.X86.AVX2()

// accumulate is accumulateGeneric, eight lanes an instruction.
func accumulate(out, w, a []float32) {
	// Left dirty, the upper halves of the registers make every scalar float
	// instruction that follows, math.Exp's above all, many times slower.
	defer archsimd.ClearAVXUpperBits()
	switch {
	case !hasAVX2:
		accumulateGeneric(out, w, a)
	case len(out) == narrow:
		sum := archsimd.LoadFloat32x8Slice(out)
		for i, v := range w {
			sum = archsimd.BroadcastFloat32x8(v).Mul(archsimd.LoadFloat32x8Slice(a[i*narrow:])).Add(sum)
		}
		sum.StoreSlice(out)
	case len(out) == wide:
		s0, s1 := archsimd.LoadFloat32x8Slice(out), archsimd.LoadFloat32x8Slice(out[8:])
		s2, s3 := archsimd.LoadFloat32x8Slice(out[16:]), archsimd.LoadFloat32x8Slice(out[24:])
		for i, v := range w {
			row := a[i*wide : i*wide+wide : i*wide+wide]
			x := archsimd.BroadcastFloat32x8(v)
			s0 = x.Mul(archsimd.LoadFloat32x8Slice(row)).Add(s0)
			s1 = x.Mul(archsimd.LoadFloat32x8Slice(row[8:])).Add(s1)
			s2 = x.Mul(archsimd.LoadFloat32x8Slice(row[16:])).Add(s2)
			s3 = x.Mul(archsimd.LoadFloat32x8Slice(row[24:])).Add(s3)
		}
		s0.StoreSlice(out)
		s1.StoreSlice(out[8:])
		s2.StoreSlice(out[16:])
		s3.StoreSlice(out[24:])
	default:
		n, j := len(out), 0
		for ; j+8 <= n; j += 8 {
			sum := archsimd.LoadFloat32x8Slice(out[j:])
			for i, v := range w {
				sum = archsimd.BroadcastFloat32x8(v).Mul(archsimd.LoadFloat32x8Slice(a[i*n+j:])).Add(sum)
			}
			sum.StoreSlice(out[j:])
		}
		for ; j < n; j++ {
			for i, v := range w {
				out[j] += float32(v * a[i*n+j])
			}
		}
	}
}
