package config_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/train"
)

func TestResolvedFileIsOrdinaryYAML(t *testing.T) {
	c := of(t, "data.source='a: #b'", "model.order=[2, 3, 1]")
	text, err := config.Marshal(c.Table())
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
	c := of(t)
	text, err := config.Marshal(c.Table())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if want := hex.EncodeToString(sum[:]); config.Hash(c.Table()) != want {
		t.Errorf("hash %s, the file's is %s", config.Hash(c.Table()), want)
	}
}

func TestHashIgnoresHowItWasWritten(t *testing.T) {
	a, err := train.ParseConfig("a.yaml", []byte("name: x\ndata: {source: banana}\nseed: 0x10\ntrain: {optimizer: {epsilon: 1.0e-6}}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := train.ParseConfig("b.yaml", []byte("# another\ntrain:\n  batch: 1_00\ndata:\n  source: 'banana'\nname: x\n"), []string{"seed=16"})
	if err != nil {
		t.Fatal(err)
	}
	if config.Hash(a.Table()) != config.Hash(b.Table()) {
		t.Errorf("hashes differ: %v", config.Diff(a.Table(), b.Table()))
	}
	b.Train.Batch = 101
	if config.Hash(a.Table()) == config.Hash(b.Table()) {
		t.Error("another batch size has the same hash")
	}
}

func TestZeroFieldsAreDefaults(t *testing.T) {
	literal := &train.Config{Train: train.Options{MaxSteps: 7}}
	literal.Data.Source = "banana"
	file := of(t, "name=run", "train.max_steps=7")
	if config.Hash(literal.Table()) != config.Hash(file.Table()) {
		t.Errorf("a literal differs from the same file: %v", config.Diff(literal.Table(), file.Table()))
	}
	if err := literal.Resolve(); err != nil {
		t.Error(err)
	}
}

func TestMarshalRefusesWhatCannotBeRead(t *testing.T) {
	c := &train.Config{Train: train.Options{Batch: -2}}
	text, err := config.Marshal(c.Table())
	var problems option.Problems
	if !errors.As(err, &problems) || len(problems) != 2 || problems[0].Paths[0] != "data.source" || problems[1].Paths[0] != "train.batch" {
		t.Errorf("wrote %q, %v", text, err)
	}
}

func TestDiffNamesWhatChanged(t *testing.T) {
	a := of(t)
	b := of(t, "model.hidden=[7, 11]", "model.orders.count=unlimited", "train.optimizer={name: sgd}")
	var got []string
	for _, d := range config.Diff(a.Table(), b.Table()) {
		got = append(got, d.String())
	}
	want := []string{
		"model.orders.count: 1 → unlimited",
		"model.hidden: [500] → [7, 11]",
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

// A key that came later is in a file only where it is not its default: files of older runs, which are told by their text, have
// stayed as they are.
func TestLaterKeysAreWrittenWhereTheySaySomething(t *testing.T) {
	for value, want := range map[string]bool{"event": false, "unknown": true} {
		text, err := config.Marshal(of(t, "model={type: nade}", "data.holes="+value).Table())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(text), "\n  holes: "); got != want {
			t.Errorf("with holes: %s, that it is in the file is %v", value, got)
		}
	}
}
