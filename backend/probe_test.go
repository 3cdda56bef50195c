package backend

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestBadPluginsAreRefused(t *testing.T) {
	alone(t)
	dir := t.TempDir()
	for _, test := range []struct{ name, code, want string }{
		{"nosymbol", cNoSymbol, "is not a PJRT plugin (exports no GetPjrtApi)"},
		{"null", cNull, "GetPjrtApi returns nothing"},
		{"hangs", cHangs, "hangs: no answer from a child process in 500ms"},
		{"crashes", cCrashes, "kills the process that loads it (SIGSEGV"},
		{"exits", cExits, "gave no answer in a child process"},
		{"unresolved", cUnresolved, "there_is_no_such_function"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := compile(t, test.code, filepath.Join(dir, "pjrt_c_api_cpu_"+test.name+"_plugin.so"))
			if test.code == cHangs {
				defer func(d time.Duration) { probeLimits[KindXLA] = d }(probeLimits[KindXLA])
				probeLimits[KindXLA] = 500 * time.Millisecond
			}
			_, err := Open(context.Background(), "xla:"+path, Options{})
			wantError(t, err, test.want)
		})
	}
}

func TestProbeStopsWithItsContext(t *testing.T) {
	alone(t)
	path := compile(t, cHangs, filepath.Join(t.TempDir(), cpuFile))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, "xla:"+path, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}

// A program that never called ProbeMain must not be started again.
func TestUntriedPluginWithoutProbeMain(t *testing.T) {
	alone(t)
	path := compile(t, cCrashes, filepath.Join(t.TempDir(), cpuFile))
	canProbe.Store(false)
	defer canProbe.Store(true)
	_, err := Open(context.Background(), "xla:"+path, Options{})
	wantError(t, err, "has not been tried on this machine")
}

func TestTrialIsRememberedUntilTheFileChanges(t *testing.T) {
	real := realPlugin(t)
	alone(t)
	path := filepath.Join(t.TempDir(), cpuFile)
	if err := os.Link(real, path); err != nil {
		if err := os.Symlink(real, path); err != nil {
			t.Skip(err)
		}
	}
	ctx := context.Background()
	first := PluginInfo{Path: path, Kind: KindXLA}
	if err := first.vet(ctx, false); err != nil {
		t.Fatal(err)
	}
	if !first.Tried || first.API == "" || len(first.Devices) == 0 {
		t.Errorf("trial says %+v", first)
	}

	// What is remembered serves a program that cannot try plugins.
	canProbe.Store(false)
	defer canProbe.Store(true)
	second := PluginInfo{Path: path, Kind: KindXLA}
	if err := second.vet(ctx, false); err != nil || second.SHA256 != first.SHA256 || second.API != first.API {
		t.Errorf("%+v, %v, not %+v", second, err, first)
	}
	b, err := Open(ctx, "xla:"+path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	if err := second.vet(ctx, true); !errors.Is(err, errNoProbe) {
		t.Errorf("a new trial was asked for, error %v", err)
	}
	first.Modified = first.Modified.Add(time.Nanosecond)
	remember(first)
	changed := PluginInfo{Path: path, Kind: KindXLA}
	if err := changed.inspect(); err != nil || changed.Tried {
		t.Errorf("a changed file is taken for tried: %+v, %v", changed, err)
	}
}

func TestDamagedTrialsAreIgnored(t *testing.T) {
	alone(t)
	for _, text := range []string{"", "{", `{"path":1}`, "[{}]", "\x00"} {
		write(t, trialsFile(), text)
		if known := readTrials(); len(known) > 0 {
			t.Errorf("%q: a trial out of nothing: %v", text, known)
		}
	}
	path := write(t, filepath.Join(t.TempDir(), "plugin"), "x")
	remember(PluginInfo{Path: path, Tried: true})
	if !readTrials()[trialKey(path)].Tried {
		t.Error("a trial is not remembered over a damaged file")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	remember(PluginInfo{Path: trialsFile()})
	if readTrials()[trialKey(path)].Tried {
		t.Error("the trial of a removed file stays")
	}
}
