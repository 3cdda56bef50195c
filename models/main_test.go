package models_test

import (
	"math"
	"os"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	os.Exit(m.Run())
}

// declared is a density that is nothing but its parameters.
type declared []models.Spec

func (d declared) Dim() int                                                    { return 1 }
func (d declared) ContextDim() int                                             { return 0 }
func (d declared) Specs() []models.Spec                                        { return d }
func (d declared) Support(int) models.Support                                  { return models.Reals() }
func (d declared) LogProb(models.Params, *graph.Node, *graph.Node) *graph.Node { return nil }

var nan, inf = math.NaN(), math.Inf(1)
