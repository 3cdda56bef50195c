package vae_test

import (
	"fmt"

	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/vae"
)

// A variational autoencoder of binarised MNIST with a posterior of two gated
// layers, conditioned on 64 outputs of the encoder.
func Example() {
	v, err := vae.New(vae.Options{Dim: 784, Flow: iaf.Options{Layers: 2, Hidden: []int{320}}})
	if err != nil {
		panic(err)
	}
	for _, s := range v.Specs() {
		fmt.Println(s.Name, s.Shape)
	}
	// Output:
	// encoder.dense0.weights [784 500]
	// encoder.dense0.bias [500]
	// encoder.dense1.weights [500 128]
	// encoder.dense1.bias [128]
	// decoder.dense0.weights [32 500]
	// decoder.dense0.bias [500]
	// decoder.dense1.weights [500 784]
	// decoder.dense1.bias [784]
	// posterior.layer0.hidden0.weights [32 320]
	// posterior.layer0.hidden0.bias [320]
	// posterior.layer0.hidden0.context [64 320]
	// posterior.layer0.output.weights [320 64]
	// posterior.layer0.output.bias [64]
	// posterior.layer0.output.context [64 64]
	// posterior.layer1.hidden0.weights [32 320]
	// posterior.layer1.hidden0.bias [320]
	// posterior.layer1.hidden0.context [64 320]
	// posterior.layer1.output.weights [320 64]
	// posterior.layer1.output.bias [64]
	// posterior.layer1.output.context [64 64]
}
