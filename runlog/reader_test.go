package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rawRun makes a run directory around a given log.
func rawRun(t testing.TB, log []byte) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, MetricsFile)
	for name, content := range map[string][]byte{ManifestFile: []byte(`{"v":1}`), MetricsFile: log} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, path
}

func openReader(t testing.TB, dir string) *Reader {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func appendTo(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readOnce(t testing.TB, r *Reader) Batch {
	t.Helper()
	b, err := r.Read(0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll reads on while there is more, and returns all of it as one batch.
func readAll(t testing.TB, r *Reader) Batch {
	t.Helper()
	all := readOnce(t, r)
	for all.More {
		b := readOnce(t, r)
		all.Records, all.Bad, all.More = append(all.Records, b.Records...), all.Bad+b.Bad, b.More
	}
	return all
}

func event(what string) string { return fmt.Sprintf(`{"t":"event","id":"","what":%q}`+"\n", what) }

// whats are the events of a batch, with the other things that it says.
func whats(b Batch) string {
	var s []string
	if b.Reset {
		s = append(s, "RESET")
	}
	for _, r := range b.Records {
		s = append(s, r.(Event).What)
	}
	if b.Bad > 0 {
		s = append(s, fmt.Sprintf("%d BAD", b.Bad))
	}
	if b.More {
		s = append(s, "MORE")
	}
	return strings.Join(s, " ")
}

func TestReaderFollows(t *testing.T) {
	dir, path := rawRun(t, nil)
	ok(t, os.Remove(path))
	r := openReader(t, dir)
	expect := func(want string) {
		t.Helper()
		if got := whats(readOnce(t, r)); got != want {
			t.Fatalf("read %q, not %q", got, want)
		}
	}
	expect("") // no file yet
	ok(t, os.WriteFile(path, nil, 0o644))
	expect("")
	appendTo(t, path, event("a")+event("b"))
	expect("a b")
	expect("")
	appendTo(t, path, event("c")[:9])
	expect("") // torn
	appendTo(t, path, event("c")[9:]+event("d")[:1])
	expect("c")
	appendTo(t, path, event("d")[1:]+"nonsense\n\n{}\n"+`{"t":"weather"}`+"\n"+event("e"))
	expect("d e 2 BAD")

	// A torn tail that Resume cuts off and writes over.
	info, err := os.Stat(path)
	ok(t, err)
	appendTo(t, path, `{"t":"train","step":3`)
	expect("")
	ok(t, os.Truncate(path, info.Size()))
	appendTo(t, path, event("f, which is longer than the torn tail was"))
	expect("f, which is longer than the torn tail was")

	ok(t, os.Truncate(path, 0))
	expect("RESET")
	appendTo(t, path, event("g"))
	expect("g")

	other := path + ".new"
	ok(t, os.WriteFile(other, []byte(event("g")+event("h")+event("i")), 0o644))
	ok(t, os.Rename(other, path))
	expect("RESET g h i")

	// Cut and grown again beyond where the reader was, with other line ends.
	ok(t, os.WriteFile(path, []byte(event("a rather longer first line")+event("k")+event("l")), 0o644))
	expect("RESET a rather longer first line k l")

	ok(t, os.Remove(path))
	if b, err := r.Read(0); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a log that is gone reads as %+v (%v)", b, err)
	}
	ok(t, os.WriteFile(path, []byte(event("m")), 0o644))
	expect("RESET m")
}

func TestReaderBoundsABatch(t *testing.T) {
	dir, _ := rawRun(t, []byte(event("a")+"bad\n"+event("b")+event("c")))
	r := openReader(t, dir)
	for _, want := range []string{"a 1 BAD MORE", "b c MORE", ""} {
		b, err := r.Read(2)
		ok(t, err)
		if got := whats(b); got != want {
			t.Fatalf("read %q, not %q", got, want)
		}
	}
}

// However few lines it has, a batch ends after some MiB, so that a call takes a bounded time.
func TestReaderBoundsTheBytesOfABatch(t *testing.T) {
	line := event(strings.Repeat("x", 1<<20))
	dir, _ := rawRun(t, []byte(strings.Repeat(line, 7)))
	r := openReader(t, dir)
	total := 0
	for more := true; more; {
		b := readOnce(t, r)
		if n := len(b.Records) * len(line); n > batchBytes+len(line) {
			t.Fatalf("a batch of %d bytes", n)
		}
		total, more = total+len(b.Records), b.More
	}
	if total != 7 {
		t.Errorf("read %d of 7 lines", total)
	}
}

func TestBatchKeepsTheOrderOfTheFile(t *testing.T) {
	text := `{"t":"train","step":1}` + "\n" + event("a") + event("b") + `{"t":"train","step":2}` + "\n" +
		`{ "t": "train", "step": 3 }` + "\n" + event("c") + `{"t":"train","step":5}` + "\n"
	dir, _ := rawRun(t, []byte(text))
	b := readOnce(t, openReader(t, dir))
	var got []string
	for _, r := range b.Records {
		switch r := r.(type) {
		case Train:
			got = append(got, fmt.Sprint(r.Step))
		case Event:
			got = append(got, r.What)
		}
	}
	if want := "1 a b 2 3 c 5"; strings.Join(got, " ") != want {
		t.Errorf("the records are %q, not %q", got, want)
	}
}

func TestReadAfterCloseGoesOn(t *testing.T) {
	dir, path := rawRun(t, []byte(event("a")))
	r := openReader(t, dir)
	read := func(want string) {
		t.Helper()
		if got := whats(readOnce(t, r)); got != want {
			t.Fatalf("read %q, not %q", got, want)
		}
		ok(t, r.Close())
	}
	read("a")
	appendTo(t, path, event("b"))
	read("b")
	read("")
	// The new file is made before the old one is gone, so that it is another to the file system too.
	ok(t, os.WriteFile(path+".new", []byte(event("c")+event("d")+event("e")), 0o644))
	ok(t, os.Rename(path+".new", path))
	read("RESET c d e")
}

func TestReaderPassesOverLongLines(t *testing.T) {
	long := strings.Repeat("x", maxLine+maxLine/3)
	dir, path := rawRun(t, []byte(event("a")+long))
	r := openReader(t, dir)
	if got := whats(readAll(t, r)); got != "a 1 BAD" {
		t.Fatalf("read %q", got)
	}
	appendTo(t, path, long+"\n"+event("b"))
	if got := whats(readAll(t, r)); got != "b" {
		t.Fatalf("then read %q", got)
	}
}

func TestOpenNeedsARun(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent")} {
		if _, err := Open(dir); !errors.Is(err, ErrNoRun) {
			t.Errorf("opening %s: %v", dir, err)
		}
	}
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, ManifestFile), []byte(`{"pid":`), 0o644))
	if _, err := Open(dir); err == nil || errors.Is(err, ErrNoRun) || !strings.Contains(err.Error(), ManifestFile) {
		t.Errorf("opening a run with a damaged manifest: %v", err)
	}
}

// However the file grows and however it is read, the same records come.
func FuzzReader(f *testing.F) {
	f.Add([]byte(event("a")+"bad\n"+`{"t":"train","step":1,"loss":"NaN"}`+"\n"+event("b")), uint16(3), uint16(1))
	f.Add([]byte("\x00\n\r\n"+`{"t":"start","step":-1}`+"\r\n{\"t\":"), uint16(5), uint16(2))
	f.Add([]byte(`{"t":"end","status":"done","test":{"nll":"Inf"}}`+"\n"), uint16(1000), uint16(0))
	f.Fuzz(func(t *testing.T, log []byte, chunk, limit uint16) {
		if bytes.Contains(bytes.ToLower(log), []byte(`"run"`)) {
			t.Skip("the log of another run is refused")
		}
		dir, path := rawRun(t, log)
		once := new(History)
		r := openReader(t, dir)
		for more := true; more; {
			b := readOnce(t, r)
			once.Add(b)
			more = b.More
		}

		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		grown := new(History)
		r = openReader(t, dir)
		step := max(int(chunk), 1+len(log)/50)
		for rest := log; ; rest = rest[min(step, len(rest)):] {
			appendTo(t, path, string(rest[:min(step, len(rest))]))
			for more := true; more; {
				b, err := r.Read(int(limit))
				if err != nil || b.Reset {
					t.Fatalf("reading while it grows: reset %v, %v", b.Reset, err)
				}
				grown.Add(b)
				more = b.More
			}
			if len(rest) == 0 {
				break
			}
		}
		if a, b := dump(once), dump(grown); a != b {
			t.Fatalf("at once\n%s\nwhile it grew\n%s", a, b)
		}
		if _, err := ReadState(dir, epoch); err != nil {
			t.Fatal(err)
		}
	})
}

func dump(h *History) string {
	var s strings.Builder
	for i := range h.Train.Len() {
		fmt.Fprintln(&s, h.Train.At(i))
	}
	fmt.Fprintln(&s, h.Starts, h.Valid, h.Orders, h.Samples, h.Densities, h.Checkpoints, h.Events, h.Bad)
	if h.End != nil {
		fmt.Fprintln(&s, h.End.Status, h.End.Step, h.End.Time, h.End.Error, h.End.Test)
	}
	return s.String()
}

func BenchmarkDecodeTrain(b *testing.B) {
	line := bytes.Split(trainLog(1), []byte{'\n'})[1]
	b.Run("fast", func(b *testing.B) {
		for b.Loop() {
			if _, ok := decodeTrain(line); !ok {
				b.Fatal("not taken")
			}
		}
	})
	b.Run("encoding_json", func(b *testing.B) {
		for b.Loop() {
			if _, err := named("train").decode(line); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A file of any size that is no log is not read through.
func TestAFileThatIsNoLog(t *testing.T) {
	dir, path := rawRun(t, []byte(event("a")))
	ok(t, os.Truncate(path, 1<<40)) // zeros that take no room
	ok(t, os.WriteFile(filepath.Join(dir, ConfigFile), nil, 0o644))
	r := openReader(t, dir)
	var err error
	for more := true; more && err == nil; {
		var b Batch
		b, err = r.Read(0)
		more = b.More
	}
	if !errors.Is(err, errGap) {
		t.Errorf("reading: %v", err)
	}
	if _, err := ReadState(dir, epoch); !errors.Is(err, errGap) {
		t.Errorf("looking for the end: %v", err)
	}
	if _, err := Resume(dir, Process{}, Options{}); !errors.Is(err, errGap) {
		t.Errorf("resuming: %v", err)
	}
}
