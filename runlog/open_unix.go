//go:build unix

package runlog

import "syscall"

// openAtOnce has the opening of a pipe not wait for its other end. To a regular
// file it makes no difference.
const openAtOnce = syscall.O_NONBLOCK
