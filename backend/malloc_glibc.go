//go:build cgo && !noxla && linux

package backend

/*
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

import "sync"

// keepMemory lets the C library keep the memory that XLA frees on a CPU. A call
// takes and frees buffers of megabytes; given back to the system each time, they
// come as fresh pages, and the faults cost a quarter of a likelihood.
var keepMemory = sync.OnceFunc(func() { C.keep() })
