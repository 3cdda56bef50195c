package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

func TestResolvedFileReadsBackAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := configs().Draw(t, "config")
		text, err := c.Marshal()
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		back, err := Parse("other.yaml", text, nil)
		if err != nil {
			t.Fatalf("%v, in\n%s", err, text)
		}
		if !reflect.DeepEqual(back, c) {
			t.Fatalf("got %+v\nwant %+v\nfrom\n%s", back, c, text)
		}
		again, err := back.Marshal()
		if err != nil || !bytes.Equal(again, text) {
			t.Fatalf("the second text differs (%v):\n%s\n%s", err, text, again)
		}
		if back.Hash() != c.Hash() {
			t.Fatal("the hash changed")
		}
		if differences := Diff(c, back); differences != nil {
			t.Fatalf("differences %v", differences)
		}
	})
}

func TestResolvedFileIsOrdinaryYAML(t *testing.T) {
	c := Default()
	c.Data.Source = "a: #b"
	c.Model.Order = Order{Degrees: []int{2, 3, 1}}
	text, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Data struct {
			Source    string
			Fractions []float64
		}
		Model struct{ Order, Hidden []int }
		Train struct {
			Optimizer struct{ Epsilon float64 }
		}
	}
	if err := yaml.Load(text, &read); err != nil {
		t.Fatal(err)
	}
	if read.Data.Source != "a: #b" || !reflect.DeepEqual(read.Data.Fractions, []float64{0.8, 0.1, 0.1}) ||
		!reflect.DeepEqual(read.Model.Order, []int{2, 3, 1}) || !reflect.DeepEqual(read.Model.Hidden, []int{500}) ||
		read.Train.Optimizer.Epsilon != 1e-6 {
		t.Errorf("an ordinary YAML reader gets %+v from\n%s", read, text)
	}
}

func TestHashIsThatOfTheFile(t *testing.T) {
	c := Default()
	c.Data.Source = "banana"
	text, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if want := hex.EncodeToString(sum[:]); c.Hash() != want {
		t.Errorf("hash %s, the file's is %s", c.Hash(), want)
	}
}

func TestHashIgnoresHowItWasWritten(t *testing.T) {
	a, err := Parse("a.yaml", []byte("name: x\ndata: {source: banana}\nseed: 0x10\ntrain: {optimizer: {epsilon: 1.0e-6}}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse("b.yaml", []byte("# another\ntrain:\n  batch: 1_00\ndata:\n  source: 'banana'\nname: x\n"), []string{"seed=16"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Hash() != b.Hash() {
		t.Errorf("hashes differ: %v", Diff(a, b))
	}
	b.Train.Batch = 101
	if a.Hash() == b.Hash() {
		t.Error("another batch size has the same hash")
	}
}

func TestZeroFieldsAreDefaults(t *testing.T) {
	literal := Config{Data: Data{Source: "banana"}, Train: Train{MaxSteps: 7}}
	file, err := Parse("", []byte("{name: run, data: {source: banana}, train: {max_steps: 7, look_ahead: 0}}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if literal.Hash() != file.Hash() {
		t.Errorf("a literal differs from the same file: %v", Diff(&literal, file))
	}
	if literal.Model.Hidden != nil || literal.Data.Seed != nil {
		t.Error("Hash changed what it was called on")
	}
	if err := literal.Validate(); err != nil {
		t.Error(err)
	}
	literal.Resolve()
	if !reflect.DeepEqual(&literal, file) {
		t.Errorf("got %+v, want %+v", literal, file)
	}
}

func TestMarshalRefusesWhatCannotBeRead(t *testing.T) {
	c := Default()
	c.Train.Batch = -1
	if text, err := c.Marshal(); err == nil {
		t.Errorf("wrote\n%s", text)
	} else if !strings.Contains(err.Error(), "data.source: is missing") || !strings.Contains(err.Error(), "train.batch: must be at least 1, got -1") {
		t.Errorf("got %v", err)
	}
}

func TestDiffNamesWhatChanged(t *testing.T) {
	a, b := Default(), Default()
	b.Model.Hidden = []int{7, 11}
	b.Model.Orders.Count = Unlimited
	b.Train.Optimizer = Optimizer{Name: "sgd"}
	var got []string
	for _, d := range Diff(a, b) {
		got = append(got, d.String())
	}
	want := []string{
		"model.hidden: [500] → [7, 11]",
		"model.orders.count: 1 → unlimited",
		"train.optimizer.name: adadelta → sgd",
		"train.optimizer.learning_rate: 1 → 0.01",
		"train.optimizer.decay: 0.95 → not used",
		"train.optimizer.epsilon: 1e-6 → not used",
		"train.optimizer.momentum: not used → 0",
		"train.optimizer.nesterov: not used → false",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
