package runlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a reader knows after each line, of whatever is read at once.
func TestPhaseOfAHistory(t *testing.T) {
	lines := []struct {
		line string
		want PhaseName
	}{
		{`{"t":"start","step":0}`, ""},
		{`{"t":"phase","step":0,"phase":"compile"}`, Compiling},
		{`{"t":"event","what":"a sentence"}`, Compiling},
		{`{"t":"train","step":1}`, Training},
		{`{"t":"phase","step":1,"phase":"validate"}`, Validating},
		{`{"t":"valid","step":1}`, Training},
		{`{"t":"orders","step":1,"split":"valid"}`, Training},
		{`{"t":"train","step":2}`, Training},
		{`{"t":"checkpoint","step":2,"file":"x"}`, Training},
		{`{"t":"phase","step":2,"phase":"test"}`, Testing},
		{`{"t":"orders","step":2,"split":"test"}`, Testing},
		{`{"t":"end","status":"stopped","step":2}`, ""},
		{`{"t":"start","step":1,"resumed":true}`, ""},
		{`{"t":"phase","step":1,"phase":"compile"}`, Compiling},
		{`{"t":"phase","step":1,"phase":"train"}`, Training},
		{`{"t":"phase","step":1,"phase":"polish"}`, "polish"},
		{`{"t":"train","step":2}`, Training},
	}
	for from := range lines {
		var h History
		for n := range len(lines) - from {
			var b Batch
			first := from + n
			if n == 0 { // the lines so far at once, then one by one
				first = 0
			}
			for _, l := range lines[first : from+n+1] {
				b.add([]byte(l.line))
			}
			h.Add(b)
			if last := lines[from+n]; h.Phase != last.want {
				t.Errorf("after %s, %d lines read at once, the phase is %q, not %q", last.line, len(b.Records), h.Phase, last.want)
			}
		}
	}
}

func TestWriterRefusesAnUnknownPhase(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "run"), Manifest{}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // checked by the tests of Close
	if err := w.Append(Start{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(Phase{Phase: "polish"}); err == nil || !strings.Contains(err.Error(), "polish") {
		t.Errorf("a phase that no reader knows gives %v", err)
	}
	if err := w.Append(Phase{Step: 3, Phase: Testing}); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(w.Files().Path(MetricsFile))
	if err != nil || strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), `{"t":"phase","step":3,"time":`) {
		t.Errorf("the log is %q (%v)", text, err)
	}
}
