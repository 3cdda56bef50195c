package train

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"
	"time"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// A hiccup is something about the files of a run that may not work for now: training goes on, and it is tried again
// after pauses that grow. When that begins and when it is over are reported, and nothing between.
type hiccup struct {
	files.Retry
	what   string // that does not work
	report func(what string)
}

const (
	firstPause   = 200 * time.Millisecond
	longestPause = 10 * time.Second
)

// tried takes in how an attempt went.
func (h *hiccup) tried(now time.Time, err error) {
	switch news := h.Tried(now, err, firstPause, longestPause); {
	case news && err != nil:
		h.report(fmt.Sprintf("%s: %v (training goes on, and it is tried again)", h.what, err))
	case news:
		h.report(fmt.Sprintf("%s: it works again after %s", h.what, text.Duration(now.Sub(h.Since).Seconds())))
	}
}

// again makes a folder of a run before the next attempt: it may be missing. At the first that would be too soon, when the
// directory may just be being removed.
func (h *hiccup) again(w *runlog.Writer, folder string) error {
	if h.Err == nil {
		return nil
	}
	return cmp.Or(w.Check(), w.Files().Sub(folder).Make())
}

// How long a run that ends tries to write what it has before it gives up, and a directory may be away before it
// counts as gone.
var (
	patience = 20 * time.Second
	away     = 2 * time.Second
)

// insist tries something until it works or there is no use. All attempts of a run share its patience.
func (r *run) insist(do func() error) error {
	began := time.Now()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := do()
		waited := time.Since(began)
		if err == nil {
			return nil
		}
		if r.waited+waited > patience || inTheWay(err) || errors.Is(err, files.ErrGone) && waited > away {
			r.waited += waited
			return err
		}
		time.Sleep(pause)
	}
}

// inTheWay reports whether something else has the place of a file or a folder, for which no waiting helps.
func inTheWay(err error) bool {
	return slices.ContainsFunc([]error{files.ErrLink, files.ErrNotRegular, syscall.EISDIR, syscall.ENOTDIR, fs.ErrExist},
		func(cause error) bool { return errors.Is(err, cause) })
}

// also is an error and another one, either of which may be nil, in one line.
func also(err, other error) error {
	if err == nil || other == nil {
		return errors.Join(err, other)
	}
	return fmt.Errorf("%w; %w", err, other)
}
