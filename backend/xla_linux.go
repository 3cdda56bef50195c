//go:build cgo && !noxla && (amd64 || arm64)

package backend

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include <malloc.h>

// Without glibc there is nothing to set.
static void keep(void) {
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}
*/
import "C"

import (
	"os"
	"path/filepath"
	"sync"
	"unsafe"
)

// keepMemory lets the C library keep the memory that XLA frees on a CPU. A call
// takes and frees buffers of megabytes; given back to the system each time, they
// come as fresh pages, and the faults cost a quarter of a likelihood.
var keepMemory = sync.OnceFunc(func() { C.keep() })

// cudaLibraries are loaded ahead of the plugin, as JAX does: NVIDIA's wheels
// look for one another by search paths of an older layout, but find what is
// already loaded. Folder, then library, below the folder "nvidia".
var cudaLibraries = [][2]string{
	{"cu13", "libcudart.so.13"},
	{"cu13", "libnvrtc.so.13"},
	{"cu13", "libcublasLt.so.13"},
	{"cu13", "libcublas.so.13"},
	{"nccl", "libnccl.so.2"},
	{"cu13", "libcupti.so.13"},
	{"cu13", "libnvJitLink.so.13"},
	{"cu13", "libcusparse.so.12"},
	{"cu13", "libcusolver.so.12"},
	{"cu13", "libcufft.so.12"},
	{"nvshmem", "libnvshmem_host.so.3"},
	{"cudnn", "libcudnn.so.9"},
}

// preloadCUDA loads NVIDIA's libraries where they were installed with the
// plugin (FOLDER/jax_plugins/NAME/plugin.so beside FOLDER/nvidia). What is not
// there, or does not load, is left to the system's own search, as without it.
func preloadCUDA(plugin string) {
	nvidia := filepath.Join(filepath.Dir(plugin), "..", "..", "nvidia")
	for _, l := range cudaLibraries {
		library := filepath.Join(nvidia, l[0], "lib", l[1])
		if _, err := os.Stat(library); err == nil {
			path := C.CString(library)
			C.dlopen(path, C.RTLD_NOW|C.RTLD_LOCAL)
			C.free(unsafe.Pointer(path))
		}
	}
}
