package output

import (
	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// newGaussian is the family of N(m, σ²), a mixture of one without a weight.
func newGaussian(_ models.Variable, f Fields, scale *nn.Scale) (Family, error) {
	return mixture{inputs: inputs{f.Visible}, bell: normal{}, k: 1, width: f.width(scale)}, nil
}

// normal is N(0, 1).
type normal struct{}

func (normal) spread() float64 { return 1 }

func (normal) density(u, s *Node) *Node { return nn.NormalDensity(u, s) }
func (normal) cell(c nn.Cell) *Node     { return nn.NormalCell(c) }

func (normal) hostDensity(u float64) float64        { return distuv.UnitNormal.LogProb(u) }
func (normal) hostCell(low, high float64) float64   { return nn.HostNormalCell(low, high) }
func (normal) hostCDF(u float64) float64            { return distuv.UnitNormal.CDF(u) }
func (normal) hostQuantile(p float64) float64       { return distuv.UnitNormal.Quantile(p) }
func (normal) hostFromNormal(noise float64) float64 { return noise }
