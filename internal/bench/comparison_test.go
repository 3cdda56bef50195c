package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// clockwork is a side whose rounds take the given times, and that writes its
// name down when it is asked for one.
func clockwork(name string, log *[]string, check []float64, best ...float64) maker {
	return func(context.Context, *lab, row) (*side, error) {
		at := 0
		return &side{name: name, check: check, close: func() { *log = append(*log, "close "+name) },
			round: func(context.Context, time.Duration) (float64, error) {
				*log = append(*log, name)
				at++
				return best[at-1], nil
			}}, nil
	}
}

func rounds(n int) *lab { return &lab{options: options{rounds: n, seconds: 1}} }

func TestSidesTakeTurnsAndTheBestRivalCounts(t *testing.T) {
	var log []string
	absent := func(context.Context, *lab, row) (*side, error) { return nil, nil }
	c := row{name: "race", target: 1.3, sides: []maker{
		clockwork("a", &log, nil, 12, 24, 36), clockwork("slow", &log, nil, 21, 21, 90),
		absent, clockwork("quick", &log, nil, 10, 20, 24)}}
	r, err := c.compare(context.Background(), rounds(3))
	if err != nil {
		t.Fatal(err)
	}
	want := "a slow quick a slow quick a slow quick close a close slow close quick"
	if got := strings.Join(log, " "); got != want {
		t.Errorf("order of rounds: %s, want %s", got, want)
	}
	if r.against.name != "quick" || r.measured[0].ms() != 24 || r.spread != (spread{1.2, 1.2, 1.35}) {
		t.Errorf("got %+v with ratio %+v", r, r.spread)
	}
	var table strings.Builder
	r.write(&table)
	if got, want := strings.Join(strings.Fields(table.String()), " "), "race 24.000 20.000 quick 1.20 1.20 to 1.35 <= 1.30"; got != want {
		t.Errorf("row %q, want %q", got, want)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		target, ratio float64
		want          string
	}{{0, 9, ""}, {1.3, 1.3, "<= 1.30"}, {1.3, 1.31, "<= 1.30 missed"}, {1. / 15, 0.066, "<= 0.067"}, {1. / 15, 0.067, "<= 0.067 missed"}} {
		r := &result{row: row{target: c.target}, spread: spread{median: c.ratio}}
		if got := r.verdict(hundredths); got != c.want {
			t.Errorf("a ratio of %v with target %v is %q, want %q", c.ratio, c.target, got, c.want)
		}
	}
}

// The legend tells how each peer did its work, and every version once.
func TestLegend(t *testing.T) {
	peer := func(ms float64, variant string) *side {
		return &side{name: "zuko", rounds: []float64{ms}, origin: origin{Program: "zuko 1 (torch 2)", Variant: variant, Tried: []string{"this", "that"}}}
	}
	ours := &side{name: "maskflow", rounds: []float64{1}}
	var b strings.Builder
	writeLegend(&b, []*result{{row: row{name: "first", what: "one"}, measured: []*side{ours, peer(2, "compiled")}},
		{row: row{name: "second", what: "two"}, measured: []*side{ours, peer(4, "eager")}}})
	want := "first one 2.000 ms zuko: compiled (tried this; that) second two 4.000 ms zuko: eager (tried this; that) zuko 1 (torch 2)"
	if got := strings.Join(strings.Fields(b.String()), " "); got != want {
		t.Errorf("legend %q, want %q", got, want)
	}
}

func TestSidesThatDisagreeAreNotTimed(t *testing.T) {
	var log []string
	c := row{tolerance: 0.01, sides: []maker{
		clockwork("a", &log, []float64{-100, 5}, 1), clockwork("b", &log, []float64{-100.5, 5.1}, 1)}}
	_, err := c.compare(context.Background(), rounds(3))
	if err == nil || !strings.Contains(err.Error(), "a and b do not do the same work") {
		t.Errorf("error %v, want one about 5 against 5.1", err)
	}
	if got := strings.Join(log, " "); got != "close a close b" {
		t.Errorf("what happened: %s, want only the closing", got)
	}
}

func TestAloneOrFailing(t *testing.T) {
	var log []string
	absent := func(context.Context, *lab, row) (*side, error) { return nil, nil }
	r, err := row{sides: []maker{absent, clockwork("b", &log, nil, 1)}}.compare(context.Background(), rounds(1))
	if r != nil || err != nil {
		t.Errorf("without its first side a comparison gives %v, %v; want nothing", r, err)
	}
	r, err = row{sides: []maker{clockwork("a", &log, nil, 1, 1, 1), absent}}.compare(context.Background(), rounds(1))
	if err != nil || r.against != nil || len(r.measured[0].rounds) != 3 {
		t.Errorf("a side alone gives %+v, %v; want three rounds and no ratio", r, err)
	}
	broken := errors.New("broken")
	failing := func(context.Context, *lab, row) (*side, error) { return nil, broken }
	if _, err = (row{sides: []maker{failing}}).compare(context.Background(), rounds(1)); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the side", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = (row{sides: []maker{clockwork("a", &log, nil, 1)}}).compare(ctx, rounds(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
