package runlog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func poll(t *testing.T, w *Writer) []ControlRequest {
	t.Helper()
	requests, err := w.Poll()
	ok(t, err)
	return requests
}

func TestControl(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	ok(t, w.Append(Start{}))
	if got := poll(t, w); got != nil {
		t.Fatalf("requests before there are any: %+v", got)
	}
	var ids []string
	for i, kind := range []Control{SaveCheckpoint, StopCleanly, StopNow} {
		id, err := Request(dir, kind, epoch.Add(time.Duration(i)))
		ok(t, err)
		ids = append(ids, id)
	}
	got := poll(t, w)
	if len(got) != 3 || got[0].Kind != SaveCheckpoint || got[1].Kind != StopCleanly || got[2].Kind != StopNow {
		t.Fatalf("polled %+v", got)
	}
	for i, r := range got {
		if r.ID != ids[i] || r.PID != os.Getpid() || r.Host == "" || !r.Time.Equal(epoch.Add(time.Duration(i))) {
			t.Errorf("request %d is %+v", i, r)
		}
	}
	if again := poll(t, w); again != nil {
		t.Errorf("a request is returned twice: %+v", again)
	}
	for _, id := range ids {
		ok(t, w.Answer(id, "done"))
	}
	if err := w.Answer(ids[0], "again"); err == nil {
		t.Error("a request can be answered twice")
	}
	h := load(t, dir)
	if len(h.Events) != 3 || h.Events[1].ID != ids[1] || h.Events[1].What != "done" {
		t.Errorf("the answers are %+v", h.Events)
	}
	if left, err := os.ReadDir(filepath.Join(dir, ControlDir)); err != nil || len(left) != 0 {
		t.Errorf("left in control: %v (%v)", left, err)
	}
	if _, err := Request(dir, "dance", epoch); err == nil {
		t.Error("an unknown kind was taken")
	}
	ok(t, w.Close())
	if _, err := Request(dir, StopNow, epoch); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("a request to nobody: %v", err)
	}
}

func TestRequestsOlderThanTheProcess(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	ok(t, w.Append(Start{}))
	_, err := Request(dir, StopNow, time.Now().Add(time.Hour)) // from a host whose clock is ahead
	ok(t, err)
	ok(t, w.Close())

	w, err = Resume(dir, Process{}, Options{})
	ok(t, err)
	defer func() { ok(t, w.Close()) }()
	ok(t, w.Append(Start{}))
	_, err = Request(dir, StopCleanly, time.Now().Add(-time.Hour)) // from one whose clock is behind
	ok(t, err)
	if got := poll(t, w); len(got) != 1 || got[0].Kind != StopCleanly {
		t.Errorf("polled %+v", got)
	}
}

func TestMalformedRequests(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	ok(t, w.Append(Start{}))
	control := filepath.Join(dir, ControlDir)
	mine := fmt.Sprintf(`,"run":%q}`, w.run.ID)
	for name, text := range map[string]string{
		"1.json":     `{"id":"a","kind":"dance"}`,
		"2.json":     `{"id":"","kind":"stop"}`,
		"3.json":     `not json`,
		"4.json":     strings.Repeat(" ", maxRequest+1),
		"5.json":     `{"id":"good","kind":"stop"` + mine,
		"6.json":     `{"id":"good","kind":"stop-now"` + mine,
		".7.json.x":  `half`,
		"readme.txt": `not ours`,
	} {
		ok(t, os.WriteFile(filepath.Join(control, name), []byte(text), 0o644))
	}
	ok(t, os.Mkdir(filepath.Join(control, "8.json"), 0o755))
	if got := poll(t, w); len(got) != 1 || got[0].ID != "good" || got[0].Kind != StopCleanly {
		t.Errorf("polled %+v", got)
	}
	if got := poll(t, w); got != nil {
		t.Errorf("then polled %+v", got)
	}
	h := load(t, dir)
	if len(h.Events) != 6 {
		t.Errorf("%d events for 6 malformed requests: %+v", len(h.Events), h.Events)
	}
	for _, e := range h.Events {
		if e.ID != "" || !strings.Contains(e.What, "ignored") || !strings.Contains(e.What, ".json") {
			t.Errorf("the event is %+v", e)
		}
	}
	left, err := os.ReadDir(control)
	ok(t, err)
	if len(left) != 9 { // they may be anybody's
		t.Errorf("left in control: %v", left)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"id":"a","kind":"stop","time":"2026-03-05T07:11:13Z","host":"h","pid":3}`))
	f.Add([]byte(`{"id":"a","kind":"checkpoint"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := decodeRequest(text); err == nil && (r.ID == "" || len(r.ID) > maxID || !r.Kind.valid()) {
			t.Fatalf("%q gives %+v", text, r)
		}
	})
}
