package runlog

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

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
					b.Records = append(b.Records, Train{Step: step})
					want = append(want, step)
				}
				back := rapid.Int64Range(0, step).Draw(t, "back")
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
			if h.Train.At(i).Step != s {
				t.Fatalf("record %d is of step %d, not %d", i, h.Train.At(i).Step, s)
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
	if h.Train.Len() != n || h.Train.At(n-1).Step != n || h.Train.At(n-1).Epoch != 50 || h.Train.At(n-1).LR != 0.001 {
		t.Fatalf("the last of %d records is %+v", h.Train.Len(), h.Train.At(h.Train.Len()-1))
	}
	if bytes := float64(after.HeapAlloc) - float64(before.HeapAlloc); bytes > 52*n {
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
