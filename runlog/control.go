package runlog

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
)

func (c Control) valid() bool {
	return c == StopCleanly || c == StopNow || c == SaveCheckpoint
}

// ControlRequest is a file in control/. The ID comes back in the [Event] that
// answers it.
type ControlRequest struct {
	ID   string    `json:"id"`
	Run  string    `json:"run"` // id of the run that is asked
	Kind Control   `json:"kind"`
	Time time.Time `json:"time"`
	Host string    `json:"host"`
	PID  int       `json:"pid"`
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
		return "", fmt.Errorf("no request %q (there are %s, %s and %s)", kind, StopCleanly, StopNow, SaveCheckpoint)
	}
	state, err := ReadState(dir, now)
	if err != nil {
		return "", err
	}
	if !state.Status.Alive() {
		return "", fmt.Errorf("%s is not running (%s): nobody would read a request", dir, state.Status)
	}
	p, err := thisProcess(now)
	if err != nil {
		return "", err
	}
	id = strings.ToLower(rand.Text()[:12])
	text, err := json.Marshal(ControlRequest{ID: id, Run: state.Manifest.ID, Kind: kind, Time: p.Started, Host: p.Host, PID: p.PID})
	if err != nil {
		return "", fmt.Errorf("encoding a request: %w", err)
	}
	name := p.Started.Format("20060102T150405.000000000Z") + "-" + id + ".json"
	if err := files.Replace(filepath.Join(dir, ControlDir, name), append(text, '\n')); err != nil {
		return "", fmt.Errorf("leaving a request in %s: %w", filepath.Join(dir, ControlDir), err)
	}
	return id, nil
}

// clearControl removes what was asked of an earlier process. Whatever lies
// there when this one starts is older than its start, and no clocks of two
// hosts have to agree about it.
func (w *Writer) clearControl() error {
	dir := filepath.Join(w.dir, ControlDir)
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return fmt.Errorf("clearing old requests: %w", err)
	}
	return nil
}

// Poll returns the requests that came since the last call, oldest first; each
// is returned once, and [Writer.Answer] is due for it. A file that is no
// request is removed, with an event that says why.
func (w *Writer) Poll() ([]ControlRequest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	dir := filepath.Join(w.dir, ControlDir)
	entries, err := os.ReadDir(dir)
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
		path := filepath.Join(dir, name)
		r, err := w.readRequest(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken back by whoever left it
		}
		w.seen[name] = true
		if err == nil {
			w.pending[r.ID] = path
			requests = append(requests, r)
			continue
		}
		what := fmt.Sprintf("removed %q, which is no request: %v", ControlDir+"/"+name, err)
		if err := os.RemoveAll(path); err != nil {
			what = fmt.Sprintf("ignored %q, which is no request and cannot be removed: %v", ControlDir+"/"+name, err)
		}
		if err := w.append(Event{What: what}); err != nil {
			return requests, err
		}
	}
	return requests, nil
}

func (w *Writer) readRequest(path string) (ControlRequest, error) {
	text, err := files.ReadRegular(path, maxRequest)
	if err != nil {
		return ControlRequest{}, err
	}
	r, err := decodeRequest(text)
	if err == nil && !w.run.Owns(r.Run) {
		err = fmt.Errorf("it %w (it asks %.40q)", ErrForeign, r.Run)
	}
	if err == nil && w.pending[r.ID] != "" {
		err = fmt.Errorf("a second request with the id %q", r.ID)
	}
	return r, err
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
	path, ok := w.pending[id]
	if !ok {
		return fmt.Errorf("answering a request: none has the id %q", id)
	}
	if err := w.append(Event{ID: id, What: what}); err != nil {
		return err
	}
	delete(w.pending, id)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing an answered request: %w", err)
	}
	return nil
}
