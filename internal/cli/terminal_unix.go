//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// lineModes is how a terminal treats what is typed and written.
type lineModes unix.Termios

func readModes(f *os.File) (*lineModes, error) {
	t, err := unix.IoctlGetTermios(int(f.Fd()), getModes)
	return (*lineModes)(t), err
}

// set takes the modes up and throws away what was typed and not read: it was meant for
// the monitor.
func (m *lineModes) set(f *os.File) error {
	return unix.IoctlSetTermios(int(f.Fd()), setModesAndFlush, (*unix.Termios)(m))
}

// raw says whether these are modes of a program that has the whole screen. Shells that
// read a line by themselves leave the treatment of output on.
func (m *lineModes) raw() bool { return m.Oflag&unix.OPOST == 0 && m.Lflag&unix.ICANON == 0 }

// inForeground says whether the terminal is this process's to read: a job that a shell
// runs in the background would be stopped by an attempt.
func inForeground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp() // an error: the terminal does not control it
}

// ownSession starts a process where no key of the terminal and no end of a login reaches
// it, and from where it may still set the modes of the terminal, which it was given as
// a file.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// ignoreSignals leaves no way to end the process but the end of its input, or SIGKILL.
func ignoreSignals() {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGTTOU, syscall.SIGTTIN, syscall.SIGTSTP)
}
