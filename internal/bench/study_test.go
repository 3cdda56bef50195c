package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestFindingSaysWhatIsMissed(t *testing.T) {
	f := finding{Name: "monitor-open", Unit: "s", Target: 2, Figures: []figure{figureOf("quick", []float64{3, 1.25, 1, 2}), figureOf("slow", []float64{2.5})}}
	var out bytes.Buffer
	f.write(&out)
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(rows) != 2 {
		t.Fatalf("the rows are %q, want two", rows)
	}
	for _, want := range []string{"monitor-open", "1.62 s", "quick", "quartiles 1.19 to 2.25", "<= 2"} {
		if !strings.Contains(rows[0], want) || strings.Contains(rows[0], "missed") {
			t.Errorf("the first row is %q, want %q and nothing missed", rows[0], want)
		}
	}
	if !strings.HasSuffix(rows[1], "<= 2 missed") || strings.Contains(rows[1], "quartiles") {
		t.Errorf("the second row is %q, want no quartiles of one value, and that the target is missed", rows[1])
	}
}
