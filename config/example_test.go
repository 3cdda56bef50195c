package config_test

import (
	"fmt"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/train"
)

func ExampleParse() {
	src := []byte(`
name: dna
data: {source: binary/dna.npz}
model: {hidden: [500], activation: Relu}
train:
  bach: 100
  optimizer: {name: adam, decay: 0.95}
`)
	_, err := train.ParseConfig("dna.yaml", src, []string{"train.max_epochs=1e3"})
	fmt.Println(err)
	// Output:
	// dna.yaml:4:36: model.activation: unknown value "Relu" (did you mean "relu"? known: relu, softplus, tanh, sigmoid, elu, leaky_relu, silu, gelu)
	// dna.yaml:6:3: train: unknown key "bach" (did you mean "batch"?)
	// dna.yaml:7:34: train.optimizer.decay: adam does not use decay (remove decay, or replace the section: --set 'train.optimizer={name: adam}')
	// --set train.max_epochs=1e3: want an integer, got 1e3 (write 1000)
}

func ExampleDiff() {
	a, b := &train.Config{}, &train.Config{}
	b.Model = &made.Options{Hidden: []int{500, 500}}
	for _, c := range []*train.Config{a, b} {
		c.Data.Source = "banana"
		if err := c.Resolve(); err != nil {
			panic(err)
		}
	}
	for _, d := range config.Diff(a.Table(), b.Table()) {
		fmt.Println(d)
	}
	// Output: model.hidden: [500] → [500, 500]
}
