package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/train"
)

type masksOptions struct {
	sets              []string
	png               string
	index, layer, dim int
	ascii             bool
}

const masksLong = `masks draws a mask set of the model that a configuration describes: its order, the
degrees of its units, the mask of every layer and the product of all masks, which has
no entry above its diagonal. Each layer of a flow has its own set: they are numbered from
the data to the noise, and a base with masks is the last.`

func (a *app) masksCommand() *cobra.Command {
	o := masksOptions{index: 1, layer: 1}
	c := &cobra.Command{
		Use:   "masks CONFIG",
		Short: "Draw the masks of the model that a configuration describes",
		Long:  masksLong,
		Example: `  maskflow masks configs/dna.yaml --set model.hidden=[50]
  maskflow masks configs/dna_orders.yaml --index 3 --png set3.png
  maskflow masks configs/miniboone.yaml --layer 2 --dim 43
  maskflow masks my.yaml --dim 6 --ascii`,
		RunE: func(c *cobra.Command, args []string) error { return a.masks(c, args[0], o) },
	}
	setFlag(c, &o.sets)
	countFlag(c, &o.index, "index", "", 1, "number `I` of the mask set in the cycle (default 1)")
	countFlag(c, &o.layer, "layer", "", 1, "number `I` of the layer of a flow (default 1)")
	c.Flags().StringVar(&o.png, "png", "", "write the picture to this `file`, .png or .svg")
	c.Flags().BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters only")
	countFlag(c, &o.dim, "dim", "", 1, "number `D` of variables, instead of reading the data")
	dataDirFlag(c, &a.dataDir)
	must(c.MarkFlagFilename("png", "png", "svg"))
	return c
}

// maxTextWidth keeps a picture in sight on a very wide terminal.
const maxTextWidth = 120

// mostDim bounds the variables of a picture: masks are matrices.
const mostDim = 20_000

func (a *app) masks(c *cobra.Command, path string, o masksOptions) error {
	if o.dim > mostDim {
		return misused(c, "--dim %d: a picture takes up to %d variables", o.dim, mostDim)
	}
	if err := checkOutput(c, "png", o.png, pictures(".png", ".svg"), path); err != nil {
		return err
	}
	cfg, err := a.configOf(path, o.sets)
	if err != nil {
		return err
	}
	d, err := a.modelOf(c.Context(), cfg, o.dim)
	if err != nil {
		return err
	}
	sets := layersOf(d)
	if len(sets) == 0 {
		return usage(fmt.Errorf("a model of type %s as configured has no masks", cfg.Model.Name()))
	}
	if o.layer > len(sets) {
		return misused(c, "--layer %d: the model has %s with masks", o.layer, text.Count(len(sets), "layer"))
	}
	layer := sets[o.layer-1]
	if layer.sets != masks.Unlimited && o.index > layer.sets {
		return misused(c, "--index %d: the cycle has %s", o.index, text.Count(layer.sets, "mask set"))
	}
	set := layer.at(o.index - 1)
	if o.png != "" {
		return picture.Masks(o.png, set)
	}
	title := layer.text(o.index)
	if len(sets) > 1 {
		title = fmt.Sprintf("layer %d of %d: %s", o.layer, len(sets), title)
	}
	write := picture.MasksText
	if o.ascii {
		write = picture.MasksASCII
	}
	width, _ := terminalSize(a.stdout)
	return a.print("%s\n%s", title, write(set, min(width, maxTextWidth)))
}

// modelOf makes the configuration's model, for the width of its data or the one
// given.
func (a *app) modelOf(ctx context.Context, c *train.Config, dim int) (models.Definition, error) {
	width := c.Data.ContextColumns
	if c.Data.Labels {
		width = 1 // how many there are makes no difference to the masks
	}
	var variables []models.Variable
	if dim == 0 {
		splits, err := c.LoadData(ctx, a.data())
		if err != nil {
			return nil, fmt.Errorf("%w (or give the number of variables with --dim)", err)
		}
		dim, width, variables = splits.Dim, splits.ContextDim, maskflow.Variables(splits.Prep)
	}
	d, err := c.NewModel(dim, width, variables...)
	if err != nil {
		return nil, usage(err)
	}
	return d, nil
}

// cycleText describes a cycle in a line.
func cycleText(c *masks.Cycle, index int) string {
	r := c.Recipe()
	start := string(r.Start)
	if r.Base != nil {
		start = "given"
	}
	first := fmt.Sprintf("%s order, %s degrees, seed %d", start, r.Degrees, r.Seed)
	switch n := c.Len(); n {
	case 1:
		return "1 mask set: " + first
	case masks.Unlimited:
		return fmt.Sprintf("set %d of unlimited mask sets, %s resampled in every step: first %s", index, r.Resample, first)
	default:
		return fmt.Sprintf("set %d of %d mask sets, %s resampled: first %s", index, n, r.Resample, first)
	}
}

// maskedLayer is a part of a model that has masks: a masked density with the
// cycle of its mask sets, or a layer of a flow with its one.
type maskedLayer struct {
	sets int // their number, or masks.Unlimited
	at   func(i int) *masks.Set
	text func(index int) string
}

// layersOfCycle are the one that a masked density is, and none where it has orders alone.
func layersOfCycle(d models.Definition) []maskedLayer {
	m, ok := d.(models.Masked)
	if _, any := d.(models.AnyOrder); !ok || any {
		return nil
	}
	c := m.Cycle()
	return []maskedLayer{{c.Len(), c.At, func(index int) string { return cycleText(c, index) }}}
}

// layersOf are the parts of a model that have masks: the layers of a flow from the data
// to the noise, and its base.
func layersOf(d models.Definition) []maskedLayer {
	density, _ := models.DensityOf(d)
	f, ok := density.(flow.Layered)
	if !ok {
		return layersOfCycle(d)
	}
	var found []maskedLayer
	for _, l := range f.Layers() {
		inner, _ := flow.Unwrap(l)
		if a, ok := inner.(*flow.Autoregressive); ok {
			found = append(found, maskedLayer{1, func(int) *masks.Set { return a.Set() }, func(int) string { return a.Name() + ", 1 mask set" }})
		}
	}
	return append(found, layersOfCycle(f.Base())...)
}
