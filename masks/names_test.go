package masks

import (
	"encoding"
	"encoding/json"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	var (
		kind     Kind
		start    OrderKind
		resample Resample
	)
	for _, c := range []struct {
		text string
		into encoding.TextUnmarshaler
		same func() bool
	}{
		{"sequential", &kind, func() bool { return kind == SequentialDegrees }},
		{"sampled", &kind, func() bool { return kind == SampledDegrees }},
		{"natural", &start, func() bool { return start == NaturalOrder }},
		{"reversed", &start, func() bool { return start == ReversedOrder }},
		{"random", &start, func() bool { return start == RandomOrder }},
		{"both", &resample, func() bool { return resample == ResampleBoth }},
		{"order", &resample, func() bool { return resample == ResampleOrder }},
		{"connectivity", &resample, func() bool { return resample == ResampleConnectivity }},
	} {
		if err := c.into.UnmarshalText([]byte(c.text)); err != nil || !c.same() {
			t.Errorf("%s: %v", c.text, err)
		}
		if out, err := json.Marshal(c.into); err != nil || string(out) != `"`+c.text+`"` {
			t.Errorf("%s: written as %s, %v", c.text, out, err)
		}
	}
	if err := kind.UnmarshalText([]byte("Sampled")); err == nil || !strings.Contains(err.Error(), "sequential, sampled") {
		t.Errorf("a wrong name: %v", err)
	}
	if _, err := Resample(7).MarshalText(); err == nil || Resample(7).String() != "unknown(7)" {
		t.Errorf("a wrong number: %v, %s", err, Resample(7))
	}
}
