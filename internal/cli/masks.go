package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/train"
)

type masksOptions struct {
	sets    []string
	png     string
	index   int
	layer   int
	ascii   bool
	dim     int
	dataDir string
}

const masksLong = `masks draws a mask set of the model that a configuration describes: its order,
the degrees of its units, the mask of every layer and the product of them all,
which has no entry above its diagonal. --index says which set of the cycle,
counted from 1. --png writes the picture of the same set to a file instead, PNG
or SVG by its suffix.

Each layer of a flow has a mask set of its own: --layer says which, counted from
1 in the direction in which the layers are computed in one pass, from the data
of a MAF and from the noise of an IAF. The orders of a base with masks come after
those of the layers.

The data are read only to learn how many variables there are; --dim says so when
they are not at hand.`

func (a *app) masksCommand() *cobra.Command {
	var o masksOptions
	c := &cobra.Command{
		Use:   "masks CONFIG",
		Short: "Draw the masks of the model that a configuration describes",
		Long:  masksLong,
		Example: `  maskflow masks configs/dna.yaml --set model.hidden=[50]
  maskflow masks configs/dna_orders.yaml --index 3 --png set3.png
  maskflow masks configs/miniboone.yaml --layer 2 --dim 43
  maskflow masks my.yaml --dim 6 --ascii`,
		Args:              takes(0, "CONFIG"),
		ValidArgsFunction: completeConfig,
		RunE:              func(c *cobra.Command, args []string) error { return a.masks(c, args[0], o) },
	}
	f := c.Flags()
	setFlag(c, &o.sets)
	f.IntVar(&o.index, "index", 1, "number `I` of the mask set, from 1")
	f.IntVar(&o.layer, "layer", 1, "number `I` of the layer of a flow, from 1")
	f.StringVar(&o.png, "png", "", "write the picture to this `file`")
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters only")
	f.IntVar(&o.dim, "dim", 0, "number `D` of variables, instead of reading the data")
	dataDirFlag(c, &o.dataDir)
	must(c.MarkFlagFilename("png", "png"))
	return c
}

// mostDim bounds the variables of a picture: masks are matrices.
const mostDim = 20_000

func (a *app) masks(c *cobra.Command, path string, o masksOptions) error {
	switch {
	case o.index < 1:
		return misused(c, "--index %d: mask sets are counted from 1", o.index)
	case o.layer < 1:
		return misused(c, "--layer %d: layers are counted from 1", o.layer)
	case o.dim > mostDim:
		return misused(c, "--dim %d: a picture takes up to %d variables", o.dim, mostDim)
	case o.dim < 0, c.Flags().Changed("dim") && o.dim == 0:
		return misused(c, "--dim %d: need 1 variable or more", o.dim)
	}
	cfg, err := loadConfig(path, o.sets)
	if err != nil {
		return err
	}
	d, err := modelOf(c.Context(), cfg, o)
	if err != nil {
		return err
	}
	sets := layersOf(d)
	if len(sets) == 0 {
		return usage(fmt.Errorf("a model of type %s without layers has no masks", cfg.Model.Name()))
	}
	if o.layer > len(sets) {
		return misused(c, "--layer %d: the model has %s with masks", o.layer, text.Count(len(sets), "layer"))
	}
	layer := sets[o.layer-1]
	if n := layer.len(); n != masks.Unlimited && o.index > n {
		return misused(c, "--index %d: the cycle has %s", o.index, text.Count(n, "mask set"))
	}
	set := layer.at(o.index - 1)
	if o.png != "" {
		return picture.Masks(o.png, set)
	}
	title := layer.text(o.index)
	if len(sets) > 1 {
		title = fmt.Sprintf("layer %d of %d: %s", o.layer, len(sets), title)
	}
	if err := a.print("%s\n", title); err != nil {
		return err
	}
	return picture.MasksText(a.stdout, set, picture.MasksTextOptions{Width: terminalWidth(a.stdout), ASCII: o.ascii})
}

// modelOf makes the configuration's model, for the width of its data or the one
// given.
func modelOf(ctx context.Context, c *train.Config, o masksOptions) (models.Model, error) {
	dim, width := o.dim, c.Data.ContextColumns
	if c.Data.Labels {
		width = 1 // how many there are makes no difference to the masks
	}
	if dim == 0 {
		splits, err := c.LoadData(ctx, dataDir(o.dataDir))
		if err != nil {
			return nil, fmt.Errorf("%w (or say how many variables there are with --dim)", err)
		}
		dim, width = splits.Dim, splits.ContextDim
	}
	d, err := c.NewModel(dim, width)
	if err != nil {
		return nil, usage(err)
	}
	return d, nil
}

// cycleText says in a line what the cycle consists of.
func cycleText(c *masks.Cycle, index int) string {
	r := c.Recipe()
	first := string(r.Start) + " order"
	if r.Base != nil {
		first = "given order"
	}
	switch n := c.Len(); n {
	case 1:
		return fmt.Sprintf("1 mask set: %s, %s degrees, seed %d", first, r.Degrees, r.Seed)
	case masks.Unlimited:
		return fmt.Sprintf("set %d of unlimited mask sets: first %s, %s degrees, a fresh %s in every step, seed %d", index, first, r.Degrees, resampled(r.Resample), r.Seed)
	default:
		return fmt.Sprintf("set %d of %d mask sets: first %s, %s degrees, %s resampled, seed %d", index, n, first, r.Degrees, resampled(r.Resample), r.Seed)
	}
}

func resampled(r masks.Resample) string {
	if r == masks.ResampleBoth {
		return "order and connectivity"
	}
	return string(r)
}

// terminalWidth is the width of a terminal, 0 for what is none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return min(width, maxTextWidth)
}

// maxTextWidth keeps a picture of masks in sight on a very wide terminal.
const maxTextWidth = 120
