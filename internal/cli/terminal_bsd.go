//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package cli

import "golang.org/x/sys/unix"

const (
	getModes         = unix.TIOCGETA
	setModesAndFlush = unix.TIOCSETAF
)
