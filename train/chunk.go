package train

import (
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
)

// chunkFor is the number of steps a call. A loop on the device saves the host's
// fixed share of each step, which matters while a step is short; on a CPU
// carrying the state of a large model through the loop costs more than that. On
// a GPU the host's share is most of a step: a MAF of 1.8 million parameters
// takes seven times as many steps a second in the loop.
func chunkFor(kind string, d models.Model, stepsPerEpoch int) int {
	if kind == backend.KindCUDA {
		return max(1, min(maxChunkGPU, stepsPerEpoch))
	}
	size := 0
	for _, s := range d.Specs() {
		size += s.Size()
	}
	if size > maxLoopParameters {
		return 1
	}
	return max(1, min(maxChunk, stepsPerEpoch))
}

const (
	maxChunk          = 8
	maxChunkGPU       = 16
	maxLoopParameters = 250_000
)
