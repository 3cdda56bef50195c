package backend

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// briefly makes the timing of products short.
func briefly(t *testing.T) {
	old := timeBudget
	timeBudget = time.Millisecond
	t.Cleanup(func() { timeBudget = old })
}

func TestDoctorWithoutPlugins(t *testing.T) {
	dir := alone(t)
	briefly(t)
	if xlaBuild {
		write(t, filepath.Join(dir, cpuFile), "text")
	}
	r, err := Doctor(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if r.Auto != KindGo || r.Reason == "" || r.PluginDir != dir || r.SIMD != simdBuild || r.XLA != xlaBuild {
		t.Errorf("report %+v", r)
	}
	if len(r.Speeds) != len(products) {
		t.Errorf("speeds %+v, want the Go backend's", r.Speeds)
	}
	for _, s := range r.Speeds {
		if s.Backend != KindGo || s.Error != "" || s.GFLOPS < 0.01 || s.GFLOPS > 1e5 {
			t.Errorf("speed %+v", s)
		}
	}
	advice := strings.Join(r.Advice, "\n")
	if xlaBuild {
		if len(r.Plugins) != 1 || !strings.Contains(r.Plugins[0].Problem, "no ELF header") {
			t.Errorf("plugins %+v", r.Plugins)
		}
		if !strings.Contains(advice, "maskflow backend install") {
			t.Errorf("advice %q", advice)
		}
	} else if !strings.Contains(advice, "built without XLA") {
		t.Errorf("advice %q", advice)
	}
}

func TestDoctorTriesThePlugin(t *testing.T) {
	real := realPlugin(t)
	alone(t)
	briefly(t)
	t.Setenv(envPluginPath, filepath.Dir(real))
	r, err := Doctor(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if r.Auto != KindXLA || len(r.Plugins) == 0 {
		t.Fatalf("report %+v", r)
	}
	p := r.Plugins[0]
	if !p.Tried || p.Problem != "" || p.API == "" || len(p.Devices) == 0 || len(p.SHA256) != 64 || p.Source != SourceEnv {
		t.Errorf("plugin %+v", p)
	}
	if len(r.Speeds) != 2*len(products) {
		t.Errorf("speeds %+v", r.Speeds)
	}
}

func TestDoctorStopsWithItsContext(t *testing.T) {
	alone(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Doctor(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}
