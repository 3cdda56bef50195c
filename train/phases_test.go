package train

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/runlog"
)

// outline is what the log of a run says about its phases, in its order: the
// phases, and between them what implies one.
func outline(t *testing.T, dir string) (kinds []string) {
	t.Helper()
	r, err := runlog.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing was written
	for {
		b, err := r.Read(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range b.Records {
			switch v := record.(type) {
			case runlog.Start:
				kinds = append(kinds, "start")
			case runlog.Phase:
				kinds = append(kinds, string(v.Phase))
			case runlog.Train:
				kinds = append(kinds, "steps")
			case runlog.Valid:
				kinds = append(kinds, "valid")
			case runlog.End:
				kinds = append(kinds, "end")
			}
		}
		if !b.More {
			return slices.Compact(kinds)
		}
	}
}

func TestPhasesOfARun(t *testing.T) {
	withoutTest := smallSplits()
	withoutTest.Test = nil
	for _, tt := range []struct {
		name   string
		set    string
		splits *data.Splits
		want   []string
	}{
		{"train records", "train.log_every=1", smallSplits(),
			[]string{"start", "compile", "steps", "validate", "valid", "steps", "valid", "steps", "valid", "test", "end"}},
		{"no train records", "train.log_every=1000", smallSplits(),
			[]string{"start", "compile", "train", "validate", "valid", "test", "end"}},
		{"no test rows", "train.log_every=2", withoutTest,
			[]string{"start", "compile", "train", "steps", "validate", "valid", "steps", "valid", "steps", "valid", "end"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			if _, err := Run(t.Context(), backendtest.Open(t, backend.KindGo), parse(t, small, tt.set), tt.splits, RunOptions{Dir: dir, Clock: frozen}); err != nil {
				t.Fatal(err)
			}
			if got := outline(t, dir); !slices.Equal(got, tt.want) {
				t.Errorf("the log says\n%q, want\n%q", got, tt.want)
			}
			if h := loadHistory(t, dir); h.Phase != "" {
				t.Errorf("the phase after the end is %q", h.Phase)
			}
		})
	}
}

// The first validation is announced, and those after one that took more than half
// a second.
func TestLongValidationsAreAnnounced(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, tt := range []struct {
		each      time.Duration // by which the clock goes on when it is looked at
		announced int
	}{{500 * time.Millisecond, 1}, {501 * time.Millisecond, 4}} {
		now, announced, valid := frozen(), 0, 0
		tr := newTrainer(t, b, point(), realSplits(numbered(12), numbered(1), nil), Options{Batch: 3, MaxEpochs: 4, LogEvery: 1,
			Clock: func() time.Time { now = now.Add(tt.each); return now },
			Hooks: []Hook{Records(func(r runlog.Record) error {
				switch v := r.(type) {
				case runlog.Phase:
					if v.Phase == runlog.Validating {
						announced++
						if v.Step != int64(4*(valid+1)) {
							t.Errorf("validation %d is announced after step %d", valid, v.Step)
						}
					}
				case runlog.Valid:
					valid++
				}
				return nil
			})}})
		toEnd(t, tr)
		if announced != tt.announced || valid != 4 {
			t.Errorf("%d of %d validations of %v are announced, want %d of 4", announced, valid, tt.each, tt.announced)
		}
	}
}
