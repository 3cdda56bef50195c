package backend

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"

	"github.com/gomlx/compute/gobackend"
)

// unlimited is the parallelism under which the Go backend never waits for a
// free worker. Any limit lets it deadlock: every worker may hold a node that
// waits for workers to share its product with, and 2·GOMAXPROCS independent
// products in one graph are enough for that.
const unlimited = -1

// openGo opens the Go backend as "go:parallelism=-1". The parallelism is set on
// the worker pool rather than through the configuration string, because the
// latter prints a line on standard output.
func openGo() (b *Backend, err error) {
	defer recovered(&err)
	c, err := gobackend.New("")
	if err != nil {
		return nil, OneLine(err)
	}
	// The worker pool is an exported field of a type that cannot be named outside of GoMLX.
	pool, ok := reflect.Indirect(reflect.ValueOf(c)).FieldByName("Workers").Interface().(interface{ SetMaxParallelism(int) })
	if !ok {
		return nil, errors.New("this version of GoMLX's Go backend has no worker pool that can be set (use the version that maskflow's go.mod names)")
	}
	pool.SetMaxParallelism(unlimited)
	device := fmt.Sprintf("CPU, %d threads", runtime.GOMAXPROCS(0))
	return &Backend{Compute: c, Kind: KindGo, SIMD: simdBuild, Device: device}, nil
}
