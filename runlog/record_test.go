package runlog

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var (
	nan = Float(math.NaN())
	inf = Float(math.Inf(1))
)

// same compares two values, NaN being equal to NaN.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && reflect.TypeOf(a) == reflect.TypeOf(b) && string(x) == string(y)
}

func TestFloatJSON(t *testing.T) {
	for _, c := range []struct {
		v    Float
		text string
	}{
		{nan, `"NaN"`},
		{inf, `"Inf"`},
		{-inf, `"-Inf"`},
		{0, `0`},
		{Float(math.Copysign(0, -1)), `-0`},
		{-1.5, `-1.5`},
		{1e6, `1000000`},
		{1e-7, `1e-7`},
		{math.MaxFloat64, `1.7976931348623157e+308`},
		{math.SmallestNonzeroFloat64, `5e-324`},
	} {
		text, err := json.Marshal(c.v)
		if err != nil || string(text) != c.text {
			t.Errorf("%v is written as %s (%v), not %s", c.v, text, err, c.text)
		}
		var back Float
		if err := json.Unmarshal(text, &back); err != nil || !same(back, c.v) {
			t.Errorf("%s reads as %v (%v)", text, back, err)
		}
	}
	for _, bad := range []string{`"nan"`, `"+Inf"`, `""`, `true`, `[1]`, `1e999`, `"1"`} {
		var f Float
		if err := json.Unmarshal([]byte(bad), &f); err == nil {
			t.Errorf("%s reads as %v", bad, f)
		}
	}
	var null Float
	if err := json.Unmarshal([]byte(`null`), &null); err != nil || !math.IsNaN(float64(null)) {
		t.Errorf("null reads as %v (%v), not as NaN", null, err)
	}
	if got := Floats([]float64{1, 2}); !slices.Equal(got, []Float{1, 2}) {
		t.Errorf("Floats gives %v", got)
	}
}

func drawFloat(t *rapid.T, name string) Float {
	special := rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 5e-324})
	return Float(rapid.OneOf(rapid.Float64(), special).Draw(t, name))
}

func drawRecord(t *rapid.T) Record {
	f := func(name string) Float { return drawFloat(t, name) }
	n := func(name string) int { return rapid.Int().Draw(t, name) }
	step := rapid.Int64().Draw(t, "step")
	text := rapid.String()
	floats := func(name string) []Float {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Float { return drawFloat(t, name) }), 1, 7).Draw(t, name)
	}
	switch rapid.IntRange(0, 10).Draw(t, "kind") {
	case 0:
		return Start{Version: n("v"), Time: f("time"), Step: step, Resumed: rapid.Bool().Draw(t, "resumed"), Units: text.Draw(t, "units"),
			Basis:       &Basis{Figure: text.Draw(t, "figure"), Columns: text.Draw(t, "columns"), Steps: text.Draw(t, "steps"), Valid: text.Draw(t, "valid"), Test: text.Draw(t, "test")},
			Independent: new(f("independent"))}
	case 1:
		return Train{Step: step, Epoch: rapid.Int32().Draw(t, "epoch"), Time: f("time"), Loss: f("loss"), EMA: Float32(f("ema")), LR: Float32(f("lr")),
			GradNorm: Float32(f("grad")), Rate: Float32(f("rate")), Mask: rapid.Int32().Draw(t, "mask")}
	case 2:
		return Valid{Step: step, Epoch: n("epoch"), Time: f("time"), NLL: f("nll"), NLL2SE: f("se"), Best: rapid.Bool().Draw(t, "best"),
			BadRows: n("bad"), Others: f("others")}
	case 3:
		return Orders{
			Step: step, Time: f("time"), Split: text.Draw(t, "split"), NLL: f("nll"), Mean: f("mean"), BestOrder: f("best"),
			Gain: f("gain"), Gain2SE: f("se"), ESS: f("ess"), PerOrder: floats("per"), MaskLoss: floats("masks"),
		}
	case 4:
		return Samples{Step: step, Time: f("time"), File: text.Draw(t, "file"), Shape: rapid.SliceOfN(rapid.Int(), 1, 4).Draw(t, "shape")}
	case 5:
		return Density{Step: step, Time: f("time"), File: text.Draw(t, "file"), Shape: []int{n("rows"), n("cols")}, X: [2]Float{f("x0"), f("x1")}, Y: [2]Float{f("y0"), f("y1")}}
	case 6:
		return Checkpoint{Step: step, Time: f("time"), File: text.Draw(t, "file")}
	case 7:
		return Phase{Step: step, Time: f("time"), Phase: PhaseName(text.Draw(t, "phase"))}
	case 8:
		return Event{Time: f("time"), ID: text.Draw(t, "id"), What: text.Draw(t, "what")}
	case 9:
		ranks := func() Ranks {
			return Ranks{Name: text.Draw(t, "name"), KS: f("ks"), P: f("p"), Coverage: []Float{f("half"), f("most")}, Histogram: floats("histogram")}
		}
		return Calibration{Step: step, Time: f("time"), Split: text.Draw(t, "split"), Pairs: n("pairs"), Draws: n("draws"), Dim: n("dim"), Levels: []Float{0.5, 0.9},
			Variables: []Ranks{ranks(), ranks()}, Density: ranks(), Gain: f("gain"), Gain2SE: f("se"), Ignores: rapid.Bool().Draw(t, "ignores")}
	default:
		return End{
			Status: Done, Step: step, Time: f("time"), Error: text.Draw(t, "error"),
			Test: &Result{Split: "test", Rows: n("rows"), Dim: n("dim"), NLL: f("nll"), NLL2SE: f("se"), NLLModel: f("model"), Orders: n("orders"), NLLOrderMean: f("mean"), Gain: f("gain"),
				BadRows: n("bad"), Others: f("others")},
		}
	}
}

func TestRecordsReadBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t)
		line, err := encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.IndexByte(string(line), '\n') != len(line)-1 {
			t.Fatalf("%q is not one line", line)
		}
		if !strings.HasPrefix(string(line), `{"t":"`+r.kind()+`",`) {
			t.Fatalf("%q does not begin with its kind", line)
		}
		back, err := decode(line[:len(line)-1])
		if err != nil || !same(r, back) {
			t.Fatalf("%q reads as %+v (%v)", line, back, err)
		}
	})
}

// The keys are an interface: scripts read the file.
func TestKeysOfRecords(t *testing.T) {
	one := []Float{1}
	for _, c := range []struct {
		r    Record
		keys string
	}{
		{Start{Units: DataUnits}, "t v run time step resumed units"},
		{Start{Units: DataUnits, Basis: &Basis{}, Independent: &one[0]}, "t v run time step resumed units basis independent_nll"},
		{Train{}, "t step epoch time loss ema lr grad_norm rate mask"},
		{Valid{}, "t step epoch time nll nll_2se best bad_rows nll_others"},
		{Orders{PerOrder: one, MaskLoss: one}, "t step time split nll mean best_order gain gain_2se ess per_order mask_loss"},
		{Samples{}, "t step time file shape"},
		{Density{}, "t step time file shape x y"},
		{Calibration{}, "t step time split pairs draws dim levels variables density gain gain_2se ignores_context"},
		{Checkpoint{}, "t step time file"},
		{Phase{}, "t step time phase"},
		{Event{}, "t time id what"},
		{End{Test: &Result{}, Error: "x"}, "t status step time test error"},
	} {
		line, err := encode(c.r)
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(line, &object); err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(c.keys)
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, want) {
			t.Errorf("a %s record has the keys %v, not %v", c.r.kind(), got, want)
		}
	}
}

// Validations are ordered by the rows without a likelihood, then by the mean over the
// others; what has no mean is better than nothing.
func TestValidationsAreOrdered(t *testing.T) {
	falling := []Valid{{NLL: 1}, {NLL: 2}, {NLL: inf, BadRows: 1, Others: -5}, {NLL: inf, BadRows: 1, Others: 3}, {NLL: inf, BadRows: 2, Others: -9}}
	none := []Valid{{NLL: nan}, {NLL: inf, BadRows: 3, Others: nan}}
	for i, a := range falling {
		for j, b := range falling {
			if a.Better(b) != (i < j) {
				t.Errorf("%+v is better than %+v: %v", a, b, a.Better(b))
			}
		}
		for _, n := range none {
			if !a.Better(n) || n.Better(a) || n.Better(n) {
				t.Errorf("%+v is compared wrongly with %+v", a, n)
			}
		}
	}
}

func TestDecodeForeignLines(t *testing.T) {
	unknown, nan32 := unknownTrain, Float32(nan)
	for _, c := range []struct {
		line string
		want Record
	}{
		{`{"t":"train"}`, unknown},
		{`{"t":"train","step":7,"loss":"NaN","new":3,"newer":"x"}`, Train{Step: 7, Time: nan, Loss: nan, EMA: nan32, LR: nan32, GradNorm: nan32, Rate: nan32}},
		{` { "step" : 7 , "t" : "train", "loss": -Infinity }`, nil},
		{` { "step" : 7 , "t" : "train", "loss": "-Inf" }`, Train{Step: 7, Time: nan, Loss: -inf, EMA: nan32, LR: nan32, GradNorm: nan32, Rate: nan32}},
		{`{"t":"train","step":7,"loss":null,"nested":{"a":[1]}}`, Train{Step: 7, Time: nan, Loss: nan, EMA: nan32, LR: nan32, GradNorm: nan32, Rate: nan32}},
		{`{"t":"samples","step":5,"file":"samples/00005.npy","shape":[2,3]}`, Samples{Step: 5, Time: nan, File: "samples/00005.npy", Shape: []int{2, 3}}},
		{`{"t":"end","status":"done","step":3,"test":{"nll":1.5}}`, End{Status: Done, Step: 3, Time: nan, Test: &Result{NLL: 1.5, NLL2SE: nan, NLLModel: nan, NLLOrderMean: nan, Gain: nan, Others: nan}}},
	} {
		got, err := decode([]byte(c.line))
		if c.want == nil && err == nil || c.want != nil && (err != nil || !same(got, c.want)) {
			t.Errorf("%s reads as %+v (%v), not %+v", c.line, got, err, c.want)
		}
	}
	if r, err := decode([]byte(`{"t":"weather","sun":true}`)); r != nil || err != nil {
		t.Errorf("an unknown kind gives %v, %v", r, err)
	}
	for _, bad := range []string{``, `null`, `3`, `{}`, `{"t":3}`, `{"t":"train","step":1.5}`, `{"t":"train","step":9223372036854775808}`, `{"t":"train","loss":01}`, `{"t":"train",}`, `{"t":"train"`, `{"t":"train"} x`, "\x00\x00",
		`{"t":"orders","per_order":[1` + strings.Repeat(",1", maxOrders) + `]}`, `{"t":"samples","shape":[1,1,1,1,1,1,1,1,1]}`} {
		if r, err := decode([]byte(bad)); err == nil {
			t.Errorf("%q reads as %+v", bad, r)
		}
	}
}

// The fast path gives what encoding/json gives, or nothing.
func FuzzDecodeTrain(f *testing.F) {
	for _, seed := range []string{
		`{"t":"train","step":1,"epoch":2,"time":3.5,"loss":"NaN","ema":"-Inf","lr":1e-3,"grad_norm":0,"rate":7,"mask":-1}`,
		`{"t":"train"}`, `{"t":"train",}`, `{"t":"train","Loss":1}`, `{"t":"train","x":"\u0000","loss":1}`,
		`{"t":"train","loss":01}`, `{"t":"train","loss":1e999}`, `{"t":"train","step":-0}`, `{"t":"train","step":"1"}`,
		`{"t":"train","t":"valid"}`, `{"t":"train","loss":1,"loss":2}`, `{"t":"train","loss":"inf"}`, `{"t":"train","a":"é"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		fast, ok := decodeTrain(line)
		if !ok {
			return
		}
		slow, err := named("train").decode(line)
		if err != nil || !same(Record(fast), slow) {
			t.Fatalf("%q: fast %+v, slow %+v (%v)", line, fast, slow, err)
		}
	})
}
