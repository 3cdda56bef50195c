package runlog

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// Control is what a reader may ask of a trainer.
type Control string

// The values of Control.
const (
	StopCleanly    Control = "stop"       // finish the call, write a checkpoint, end
	StopNow        Control = "stop-now"   // end at once
	SaveCheckpoint Control = "checkpoint" // write a checkpoint and go on
	Calibrate      Control = "calibrate"  // calibrate a conditional model at the next validation
)

func (c Control) valid() bool {
	return c == StopCleanly || c == StopNow || c == SaveCheckpoint || c == Calibrate
}

// ControlRequest is a file in control/. The ID comes back in the [Event] that
// answers it.
type ControlRequest struct {
	ID   string    `json:"id"`
	Kind Control   `json:"kind"`
	Time time.Time `json:"time"`
	Host string    `json:"host"`
	PID  int       `json:"pid"`
	// Run is the id of the run that is asked, and Process when the process started that is; neither is in requests of
	// version 0.1.0.
	Run     string    `json:"run"`
	Process time.Time `json:"process,omitzero"`
}

// maxRequest bounds a file in control/, and maxID an id.
const (
	maxRequest = 4 << 10
	maxID      = 64
)

// Request asks the process that writes a run to do something, and returns the
// id of the request. It is refused when nobody writes the run. The trainer
// answers with an [Event]; there is no promise when.
func Request(dir string, kind Control, now time.Time) (id string, err error) {
	if !kind.valid() {
		return "", fmt.Errorf("no request %q (there are %s, %s, %s and %s)", kind, StopCleanly, StopNow, SaveCheckpoint, Calibrate)
	}
	state, err := ReadState(dir, now)
	if err != nil {
		return "", err
	}
	f, err := openRun(dir)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // files are synced
	if !state.Status.Alive() {
		return "", fmt.Errorf("%s is not running (%s): nobody would read a request", dir, state.Status)
	}
	p, err := thisProcess(now)
	if err != nil {
		return "", err
	}
	id = strings.ToLower(rand.Text()[:12])
	text, err := json.Marshal(ControlRequest{ID: id, Kind: kind, Time: p.Started, Host: p.Host, PID: p.PID,
		Run: state.Manifest.ID, Process: state.Manifest.Started})
	if err != nil {
		return "", fmt.Errorf("encoding a request: %w", err)
	}
	name := p.Started.Format("20060102T150405.000000000Z") + "-" + id + ".json"
	control := f.Sub(ControlDir)
	if err := cmp.Or(control.Make(), control.Replace(name, append(text, '\n'))); err != nil {
		return "", fmt.Errorf("leaving a request in %s: %w", control.Path(""), files.Cause(err))
	}
	return id, nil
}

// clearControl removes what was asked of an earlier process. Whatever lies
// there when this one starts is older than its start, and no clocks of two
// hosts have to agree about it. Files that are no requests stay.
func (w *Writer) clearControl() error {
	control := w.folder.Sub(ControlDir)
	entries, err := control.Entries()
	if err != nil {
		return fmt.Errorf("clearing old requests: %w", err)
	}
	for _, e := range entries {
		if _, err := w.readRequest(e.Name()); err != nil {
			continue
		}
		if err := control.Remove(e.Name()); err != nil {
			return fmt.Errorf("clearing old requests: %w", err)
		}
	}
	return nil
}

// Poll returns the requests that came since the last call, oldest first; each
// is returned once, and [Writer.Answer] is due for it. A file that is no
// request to this process stays, and is ignored with an event that says why.
func (w *Writer) Poll() ([]ControlRequest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	entries, err := w.folder.Sub(ControlDir).Entries()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for requests: %w", err)
	}
	var requests []ControlRequest
	for _, e := range entries {
		name := e.Name()
		if filepath.Ext(name) != ".json" || w.seen[name] {
			continue
		}
		r, err := w.readRequest(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // taken back by whoever left it
		case errors.Is(err, errUnread):
			return requests, fmt.Errorf("looking for requests: %w", err)
		case err == nil && w.pending[r.ID] != "":
			err = fmt.Errorf("a second request with the id %q", r.ID)
		case err == nil && !r.Process.IsZero() && !r.Process.Equal(w.run.Started):
			err = errors.New("it is to another process")
		}
		w.seen[name] = true
		if err == nil {
			w.pending[r.ID] = name
			requests = append(requests, r)
		} else if err := w.append(Event{What: fmt.Sprintf("ignored %q, which is no request: %v", ControlDir+"/"+name, files.Cause(err))}); err != nil {
			return requests, err
		}
	}
	return requests, nil
}

// errUnread is the cause of errors about requests that may be read later.
var errUnread = errors.New("a request cannot be read")

func (w *Writer) readRequest(name string) (ControlRequest, error) {
	text, err := w.folder.Sub(ControlDir).Read(name, maxRequest)
	switch {
	case err == nil:
		r, err := decodeRequest(text)
		if err == nil && !w.run.Owns(r.Run) {
			err = fmt.Errorf("it %w (it asks %.40q)", ErrForeign, r.Run)
		}
		return r, err
	case errors.Is(err, files.ErrLink), errors.Is(err, files.ErrNotRegular), errors.Is(err, files.ErrLong), errors.Is(err, fs.ErrNotExist):
		return ControlRequest{}, err
	}
	return ControlRequest{}, fmt.Errorf("%w: %w", errUnread, err)
}

func decodeRequest(text []byte) (ControlRequest, error) {
	var r ControlRequest
	if err := json.Unmarshal(text, &r); err != nil {
		return ControlRequest{}, err
	}
	switch {
	case r.ID == "" || len(r.ID) > maxID:
		return ControlRequest{}, fmt.Errorf("an id has 1 to %d bytes, not %d", maxID, len(r.ID))
	case !r.Kind.valid():
		return ControlRequest{}, fmt.Errorf("unknown kind %.40q", r.Kind)
	}
	return r, nil
}

// Answer says in an event what was done about a request, and removes its file.
func (w *Writer) Answer(id, what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	name, ok := w.pending[id]
	if !ok {
		return fmt.Errorf("answering a request: none has the id %q", id)
	}
	if err := w.append(Event{ID: id, What: what}); err != nil {
		return err
	}
	delete(w.pending, id)
	_ = w.folder.Sub(ControlDir).Remove(name) // or the next process does
	return nil
}
