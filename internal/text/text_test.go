package text

import (
	"math"
	"testing"
)

func TestWithError(t *testing.T) {
	for _, c := range []struct {
		v, err float64
		want   string
	}{
		{83.6251, 0.5149, "83.63 ± 0.51"},
		{11.9312, 0.0184, "11.931 ± 0.018"},
		{280.25, 1.05, "280.25 ± 1.05"},
		{1.5, 0, "1.50 ± 0.00"},
		{1.5, math.NaN(), "1.50"}, // of one row
		{math.Inf(1), math.NaN(), "Inf"},
	} {
		if got := WithError(c.v, c.err); got != c.want {
			t.Errorf("%v ± %v is written %q, want %q", c.v, c.err, got, c.want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 213080: "213,080", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0.00 s", 0.25: "0.25 s", 0.994: "0.99 s", 0.997: "1.0 s", 8.31: "8.3 s", 59.9: "59.9 s", 59.97: "1m00s", 60: "1m00s",
		245: "4m05s", 3599.7: "1h00m", 7380: "2h03m", 360000: "100h00m", 900000: "10d10h",
		-0.25: "-0.25 s", -0.001: "0.00 s", -245: "-4m05s", 1e300: "?", math.Inf(1): "?", math.Inf(-1): "?", math.NaN(): "?",
	} {
		if got := Duration(seconds); got != want {
			t.Errorf("%v s is written %q, want %q", seconds, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0s", 0.04: "0s", 0.25: "0.3s", 8: "8s", 8.31: "8.3s", 59.94: "59.9s", 59.97: "1m00s", 60: "1m00s",
		245: "4m05s", 3599.7: "1h00m", 7380: "2h03m", 360000: "100h00m", 900000: "10d10h",
		-0.04: "0s", -8.31: "-8.3s", -245: "-4m05s", 1e300: "?", math.Inf(1): "?", math.Inf(-1): "?", math.NaN(): "?",
	} {
		if got := Clock(seconds); got != want {
			t.Errorf("%v s is written %q, want %q", seconds, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"epoch 1", 7, "epoch 1"},
		{"epoch 1", 6, "epoch…"},
		{"epoch 1", 5, "epoc…"},
		{"± ± ±", 4, "± ±…"},
		{"epoch", 1, "…"},
	} {
		if got := Shorten(c.text, c.columns); got != c.want {
			t.Errorf("Shorten(%q, %d) = %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}
