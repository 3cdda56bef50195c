package flow

import (
	"github.com/maskflow/maskflow/models"
)

// standardise is the affine map that gives each column of the training rows mean
// 0 and variance 1.
type standardise struct{ actNorm }

// NewStandardise returns the layer y = (x − m)/σ with the mean and standard
// deviation of each column of the training rows, taken before the first step
// and then fixed. As the first layer it lets a flow take data in their own
// units: ln p(x) is then in those units, and PreprocessLogDet is what the
// change of units contributes, −Σ ln σ_d. A constant column is only shifted.
func NewStandardise(dim int) (Layer, error) {
	if dim < 1 {
		return nil, errDim("standardising", dim)
	}
	return standardise{actNorm(dim)}, nil
}

func (standardise) Name() string  { return "standardise" }
func (standardise) preprocesses() {}

func (s standardise) Specs() []models.Spec {
	specs := s.actNorm.Specs()
	for i := range specs {
		specs[i].Fixed = true
	}
	return specs
}
