package maskflow

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
)

// Upgrade makes a checkpoint of version 0.1.0, whose description has no preparation,
// into one of the present version, and returns the preparation. In 0.1.0 the logit
// and the scale were the first layers of a flow, with the scale's mean and log-scale
// in the checkpoint, and a MADE that had them was the flow's base: those tensors go,
// and the others get the names that they have without such layers.
func Upgrade(s *checkpoint.State, c *Config, d models.Definition) (*data.Preparation, error) {
	if s == nil || c == nil || d == nil {
		return nil, errors.New("an upgrade needs a checkpoint, a configuration and a model")
	}
	p := data.NewPreparation(d.Dim(), d.ContextDim())
	p.Legacy, p.NoiseByPlace = true, true
	o := c.Data
	switch {
	case o.Binarize != "":
		p.Steps = append(p.Steps, &data.Binarize{Mode: o.Binarize, Seed: o.RandomSeed()})
	case o.Dequantize != 0:
		p.Steps = append(p.Steps, &data.Dequantise{Levels: o.Dequantize, Seed: o.RandomSeed()})
	}
	layers := 0 // that have become steps
	if o.Logit != 0 {
		p.Steps = append(p.Steps, &data.Logit{Lambda: o.Logit})
		layers++
	}
	if o.Standardise {
		scale, err := legacyScale(s, layers, d.Dim())
		if err != nil {
			return nil, err
		}
		p.Steps = append(p.Steps, scale)
		layers++
	}
	if layers == 0 {
		return p, nil
	}
	kept := s.Tensors[:0]
	for _, t := range s.Tensors {
		group, name, _ := strings.Cut(t.Name, "/")
		var number int
		if own, ok := strings.CutPrefix(name, "base."); ok && c.Model.Name() == "made" {
			name = own
		} else if _, err := fmt.Sscanf(name, "layer%d.", &number); err == nil {
			if number < layers {
				continue
			}
			_, own, _ := strings.Cut(name, ".")
			name = fmt.Sprintf("layer%d.%s", number-layers, own)
		}
		t.Name = group + "/" + name
		kept = append(kept, t)
	}
	s.Tensors = kept
	return p, nil
}

// legacyScale reads y = (x − mean)·exp(log_scale).
func legacyScale(s *checkpoint.State, layer, dim int) (*data.Scale, error) {
	scale := &data.Scale{}
	for _, t := range s.Tensors {
		name, ok := strings.CutPrefix(t.Name, fmt.Sprintf("%s/layer%d.", exec.ParamsGroup, layer))
		if !ok {
			continue
		}
		values, err := checkpoint.Values[float32](t)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			switch name {
			case "mean":
				scale.Mean = append(scale.Mean, float64(v))
			case "log_scale":
				scale.SD = append(scale.SD, math.Exp(-float64(v)))
			}
		}
	}
	if len(scale.Mean) != dim || len(scale.SD) != dim {
		return nil, fmt.Errorf("the checkpoint, of version 0.1.0, has no scale of %d columns", dim)
	}
	return scale, nil
}
