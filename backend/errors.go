package backend

import (
	"errors"
	"fmt"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// ErrNoPlugin is wrapped by the error of Open when no plugin was found where
// one was asked for.
var ErrNoPlugin = errors.New("no plugin found")

// ErrUnknown is wrapped by the error of Open when the spec is none that it knows.
var ErrUnknown = errors.New("unknown backend (use auto, go, xla, xla:/path/of/plugin.so, cuda or cuda:/path/of/plugin.so)")

// ErrNoXLA is wrapped by the error of Open when XLA was asked for by name in a
// program that was built without it.
var ErrNoXLA = errors.New("this program was built without XLA (it needs cgo with a C compiler, linux or darwin/arm64, and no -tags noxla)")

// recovered turns a panic of GoMLX or of a plugin's binding into an error.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = OneLine(p)
	default:
		*err = fmt.Errorf("%s", text.FirstLine(fmt.Sprint(p)))
	}
}

// OneLine keeps the first line of an error: GoMLX's carry a stack and hints of
// a page. The chain stays, for errors.Is; nil stays nil.
func OneLine(err error) error {
	if err == nil || !strings.ContainsRune(err.Error(), '\n') {
		return err
	}
	return &shortError{err}
}

type shortError struct{ err error }

func (e *shortError) Error() string { return text.FirstLine(e.err.Error()) }
func (e *shortError) Unwrap() error { return e.err }
