package monitor

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/maskflow/maskflow/runlog"
)

func TestMemoryOfNoProcess(t *testing.T) {
	host, err := os.Hostname()
	ok(t, err)
	for name, m := range map[string]*runlog.Manifest{
		"no run":             nil,
		"of another host":    {Process: runlog.Process{Host: "elsewhere", PID: os.Getpid(), Started: time.Now()}},
		"of no such process": {Process: runlog.Process{Host: host, PID: math.MaxInt32, Started: time.Now()}},
	} {
		if _, known := Memory(m); known {
			t.Errorf("%s has memory", name)
		}
	}
}

func TestMemoryOfThisProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	host, err := os.Hostname()
	ok(t, err)
	p := runlog.Process{Host: host, PID: os.Getpid(), Started: time.Now()}
	if bytes, known := Memory(&runlog.Manifest{Process: p}); !known || bytes < 1<<20 || bytes > 1<<36 {
		t.Errorf("this process has %d bytes (%v)", bytes, known)
	}
	p.Started = p.Started.Add(-240 * time.Hour)
	if _, known := Memory(&runlog.Manifest{Process: p}); known {
		t.Error("this process is taken for one of ten days ago")
	}
}

func TestWhatNvidiaSmiPrints(t *testing.T) {
	nan := math.NaN()
	for text, want := range map[string][]GPU{
		"":   nil,
		"\n": nil,
		"0, NVIDIA H100 80GB HBM3, 97, 40960, 81559, 61\n1, NVIDIA A100-SXM4-40GB, 0, 0, 40960, 30\n": {
			{0, "NVIDIA H100 80GB HBM3", 97, 40960 << 20, 81559 << 20, 61},
			{1, "NVIDIA A100-SXM4-40GB", 0, 0, 40960 << 20, 30},
		},
		"0, Orin (nvgpu), [N/A], [N/A], [N/A], 45\r\n":          {{0, "Orin (nvgpu)", nan, nan, nan, 45}},
		"3, \"A, B\", [Not Supported], 1, 2, [Unknown Error]\n": {{3, "A, B", nan, 1 << 20, 2 << 20, nan}},
	} {
		got, err := parseGPUs([]byte(text))
		if err != nil || len(got) != len(want) {
			t.Errorf("%q: %+v, %v", text, got, err)
			continue
		}
		for i := range got {
			a, b := reflect.ValueOf(got[i]), reflect.ValueOf(want[i])
			for f := range a.NumField() {
				x, y := a.Field(f), b.Field(f)
				if x.Kind() == reflect.Float64 && math.IsNaN(x.Float()) && math.IsNaN(y.Float()) {
					continue
				}
				if !x.Equal(y) {
					t.Errorf("%q: %+v, not %+v", text, got[i], want[i])
				}
			}
		}
	}
	for text, want := range map[string]string{
		"0, A, 1, 2, 3\n": "record on line 1",
		"0, A, 1, 2, 3, 4\nNVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n": "record on line 2",
		"x, A, 1, 2, 3, 4\n": "line 1 begins with x, not the number of a device",
	} {
		if _, err := parseGPUs([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
}

// A program of that name answers, fails or is not there.
func TestAskingNvidiaSmi(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	if _, err := GPUs(t.Context()); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("without the program: %v", err)
	}
	program := filepath.Join(bin, "nvidia-smi")
	script := func(text string) { ok(t, os.WriteFile(program, []byte("#!/bin/sh\n"+text+"\n"), 0o755)) }
	script(`test "$1" = --query-gpu=` + gpuQuery + ` && echo "0, X, 5, 6, 7, 8"`)
	if gpus, err := GPUs(t.Context()); err != nil || len(gpus) != 1 || gpus[0].Name != "X" || gpus[0].MemoryTotal != 7<<20 {
		t.Errorf("%+v, %v", gpus, err)
	}
	script("echo No devices were found; exit 6")
	if _, err := GPUs(t.Context()); err == nil || !strings.Contains(err.Error(), "No devices were found") {
		t.Errorf("when it fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := GPUs(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is not wanted any more: %v", err)
	}
}

func FuzzGPUs(f *testing.F) {
	for _, s := range []string{"0, A, 1, 2, 3, 4\n", "0, \"A\n, 1", "[N/A], , , , ,", "0,A,1e999,NaN,-1,+Inf", "0, \x1b[31m, 1, 2, 3, 4"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		gpus, err := parseGPUs(text)
		if err != nil {
			return
		}
		for _, g := range gpus {
			if strings.ContainsFunc(g.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("a device is called %q", g.Name)
			}
			for _, v := range []float64{g.Utilization, g.MemoryUsed, g.MemoryTotal, g.Temperature} {
				if math.IsInf(v, 0) && math.Abs(v) < math.MaxFloat64 {
					t.Fatalf("a device has %v", v)
				}
			}
		}
	})
}
