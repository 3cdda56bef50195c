package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rawRun makes a run directory around a given log.
func rawRun(t testing.TB, log []byte) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, MetricsFile)
	for name, content := range map[string][]byte{ManifestFile: []byte("{}"), MetricsFile: log} {
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
	for r := range b.All() {
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
	for range b.All() {
		break // which the iterator has to bear
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
	if len(r.buf) > maxLine {
		t.Errorf("the reader holds %d bytes for a bound of %d", len(r.buf), maxLine)
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

// A run that is cut anywhere and resumed any number of times reads as one that
// was never interrupted: every step once, in order.
func TestResumedSeriesHasNoDuplicates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var log bytes.Buffer
		add := func(r Record) {
			line, err := encode(r)
			if err != nil {
				t.Fatal(err)
			}
			log.Write(line)
		}
		step := int64(0)
		for process := range rapid.IntRange(1, 5).Draw(t, "processes") {
			step = rapid.Int64Range(0, step).Draw(t, "checkpoint")
			add(Start{Step: step, Resumed: process > 0})
			if step > 0 && step%3 == 0 && rapid.Bool().Draw(t, "again") { // what came after the checkpoint
				add(Valid{Step: step})
				add(Orders{Step: step})
				add(Samples{Step: step})
				add(Density{Step: step})
				add(Checkpoint{Step: step})
			}
			for range rapid.IntRange(0, 30).Draw(t, "steps") {
				step++
				add(Train{Step: step})
				if step%3 == 0 {
					add(Valid{Step: step})
					add(Orders{Step: step})
					add(Samples{Step: step})
					add(Density{Step: step})
					add(Checkpoint{Step: step})
				}
			}
			add(End{Status: Stopped, Step: step})
		}
		var h History
		for line := range bytes.Lines(log.Bytes()) {
			var b Batch
			b.add(bytes.TrimSuffix(line, []byte{'\n'}))
			h.Add(b)
		}
		if int64(h.Train.Len()) != step {
			t.Fatalf("%d records for %d steps", h.Train.Len(), step)
		}
		for i := range h.Train.Len() {
			if h.Train.At(i).Step != int64(i)+1 {
				t.Fatalf("record %d is of step %d", i, h.Train.At(i).Step)
			}
		}
		for i, n := range []int{len(h.Valid), len(h.Orders), len(h.Samples), len(h.Densities), len(h.Checkpoints)} {
			if int64(n) != step/3 {
				t.Fatalf("series %d has %d records for %d steps", i, n, step)
			}
		}
		for i, r := range h.Valid {
			if r.Step != int64(i+1)*3 {
				t.Fatalf("validation %d is of step %d", i, r.Step)
			}
		}
		if h.End == nil || h.End.Step != step || h.Bad != 0 {
			t.Fatalf("the end is %+v after %d bad lines", h.End, h.Bad)
		}
	})
}

// A process that dies after a validation and before its checkpoint leaves a
// validation that the next one repeats.
func TestTheLaterOfTwoValidationsWins(t *testing.T) {
	dir, path := rawRun(t, []byte(`{"t":"start","step":0}
{"t":"valid","step":10,"nll":3}
{"t":"valid","step":20,"nll":2}
{"t":"orders","step":20,"split":"valid","nll":2}
{"t":"orders","step":20,"split":"train","nll":1.5}
`))
	r := openReader(t, dir)
	var h History
	h.Add(readOnce(t, r))
	if h.Revision != 0 {
		t.Errorf("revision %d of a run that only grew", h.Revision)
	}
	appendTo(t, path, `{"t":"start","step":20,"resumed":true}
{"t":"valid","step":20,"nll":2.5,"best":true}
{"t":"orders","step":20,"split":"valid","nll":2.5}
`)
	h.Add(readOnce(t, r))
	if len(h.Valid) != 2 || h.Valid[0].NLL != 3 || h.Valid[1].NLL != 2.5 || !h.Valid[1].Best {
		t.Errorf("validations %+v", h.Valid)
	}
	if len(h.Orders) != 2 || h.Orders[0].NLL != 2.5 || h.Orders[0].Split != "valid" || h.Orders[1].Split != "train" {
		t.Errorf("orders %+v", h.Orders)
	}
	if h.Revision == 0 {
		t.Error("the revision did not change with a record that was replaced")
	}
}

func TestRevision(t *testing.T) {
	var h History
	for _, c := range []struct {
		what    string
		batch   Batch
		changes bool
	}{
		{"a first start", Batch{Records: []Record{Start{}, Valid{Step: 10}, Valid{Step: 20}}}, false},
		{"growth", Batch{Records: []Record{Valid{Step: 30}, End{Status: Stopped}}}, false},
		{"a resumption where it stopped", Batch{Records: []Record{Start{Step: 30}}}, false},
		{"a resumption from before", Batch{Records: []Record{Start{Step: 20}}}, true},
		{"another file", Batch{Reset: true}, true},
	} {
		before := h.Revision
		h.Add(c.batch)
		if (h.Revision != before) != c.changes {
			t.Errorf("%s: the revision went from %d to %d", c.what, before, h.Revision)
		}
	}
}

// Whatever the bounds of the batches are, a series holds what the file has.
func TestSeriesAcrossBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h History
		var want []int64
		step := int64(0)
		for range rapid.IntRange(0, 5).Draw(t, "batches") {
			var b Batch
			for range rapid.IntRange(0, 3).Draw(t, "parts") {
				for range rapid.SampledFrom([]int{0, 1, 7, chunkLen - 1, chunkLen, chunkLen + 1, 2*chunkLen + 5}).Draw(t, "n") {
					step++
					b.Train.add(Train{Step: step})
					want = append(want, step)
				}
				back := rapid.Int64Range(0, step).Draw(t, "back")
				b.before = append(b.before, b.Train.Len())
				b.Records = append(b.Records, Start{Step: back})
				for len(want) > 0 && want[len(want)-1] > back {
					want = want[:len(want)-1]
				}
				step = back
			}
			h.Add(b)
		}
		if h.Train.Len() != len(want) {
			t.Fatalf("%d records, not %d", h.Train.Len(), len(want))
		}
		for i, s := range want {
			if h.Train.Step(i) != s {
				t.Fatalf("record %d is of step %d, not %d", i, h.Train.Step(i), s)
			}
		}
	})
}

func trainLog(n int) []byte {
	var log bytes.Buffer
	log.WriteString(`{"t":"start","v":1,"time":0,"step":0,"resumed":false}` + "\n")
	for i := range n {
		fmt.Fprintf(&log, `{"t":"train","step":%d,"epoch":%d,"time":%.3f,"loss":%.12f,"ema":%.12f,"lr":0.001,"grad_norm":%.10f,"rate":%.4f,"mask":%d}`+"\n",
			i+1, i/1000, float64(i)/97, 86+1/float64(i+1), 86+2/float64(i+1), 1/float64(i+3), 97+1/float64(i+7), i%32)
	}
	return log.Bytes()
}

func TestSeriesIsLean(t *testing.T) {
	const n = 50_021
	dir, _ := rawRun(t, trainLog(n))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	h := load(t, dir)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if h.Train.Len() != n || h.Train.At(n-1).Step != n || h.Train.At(n-1).Epoch != 50 || h.Train.At(n-1).LR != Float(float32(0.001)) {
		t.Fatalf("the last of %d records is %+v", h.Train.Len(), h.Train.At(h.Train.Len()-1))
	}
	if bytes := float64(after.HeapAlloc) - float64(before.HeapAlloc); bytes > 60*n {
		t.Errorf("%.0f bytes a record", bytes/n)
	}
	runtime.KeepAlive(h)
}

func BenchmarkLoadMillion(b *testing.B) {
	dir, _ := rawRun(b, trainLog(1_000_000))
	runtime.GC()
	for b.Loop() {
		h, err := Load(dir)
		if err != nil || h.Train.Len() != 1_000_000 || h.Bad != 0 {
			b.Fatal(err)
		}
	}
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
			if _, err := decodeInto(line, unknownTrain); err != nil {
				b.Fatal(err)
			}
		}
	})
}
