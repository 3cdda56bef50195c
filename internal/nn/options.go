package nn

import (
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
)

// Fields are the fields of a model's options that its masked networks share with those of other models.
type Fields struct {
	Hidden           *[]int
	Residual         *bool
	Activation, Init *string
	Degrees          *masks.Kind
	Start            *masks.OrderKind
	Order            *masks.Order
}

// Table declares the options of a masked network. The defaults of a network that is the whole model are those of the code of the
// MADE paper, those of a conditioner those of the code of the MAF paper.
func (f Fields) Table(conditioner bool) option.Table {
	degrees, start, initial := []string{"sampled", "sequential"}, []string{"random", "natural", "reversed"}, []string{"orthogonal", "he", "glorot", "lecun"}
	if conditioner {
		degrees, start, initial = []string{"sequential", "sampled"}, []string{"natural", "reversed", "random"}, []string{"lecun", "orthogonal", "he", "glorot"}
	}
	return option.Table{
		Widths("hidden", f.Hidden, "number of hidden units in each layer, or block of a residual network, first to last; an empty list is a masked network without hidden layers"),
		option.Of("residual", f.Residual, false, "whether each hidden width is that of a residual block of two layers, above a first layer of the same width"),
		ActivationRow(f.Activation),
		option.Words("degrees", (*string)(f.Degrees),
			"degrees of the hidden units: sampled, uniform from the smallest degree of the layer below to D-1 (MADE), or sequential, as equal counts as possible (MAF)", degrees...),
		option.WordsOrList("order", (*string)(f.Start), (*[]int)(f.Order),
			"order of the variables in the first mask set, or the first layer of a flow; in a list, inputs that share a degree are independent given those before them, and stay together in every order", start...).
			Check(func(note option.Note) {
				if *f.Order != nil {
					note(f.Order.Problem())
				}
			}),
		option.Words("init", f.Init, "how initial weights are drawn; biases start at 0", initial...),
		option.Rule(func(report option.Report) {
			if path, text := ResidualProblem(*f.Residual, *f.Hidden, *f.Degrees); text != "" {
				report(text, path, "hidden", "residual", "degrees")
			}
		}),
	}
}

// Widths declares the widths of hidden layers; nil is one layer of 500.
func Widths(name string, at *[]int, help string) *option.Row {
	return WidthsOr(name, at, []int{500}, help)
}

// WidthsOr declares the widths of the hidden layers with another default.
func WidthsOr(name string, at *[]int, initial []int, help string) *option.Row {
	const maxLayers = 100
	return option.Of(name, at, initial, help).Within(1, option.MaxSize).Elements(maxLayers)
}

// ActivationRow declares the non-linearity of the hidden units.
func ActivationRow(at *string) *option.Row {
	return option.Words("activation", at, "non-linearity of the hidden units", option.Names(activations, activationName)...)
}

// ScaleRow declares how the scale of an affine layer, or the precision of a Gaussian, is made; no option without a field.
func ScaleRow(at *string) *option.Row {
	if at == nil {
		return nil
	}
	return option.Words("scale", at,
		"how the scale of an affine layer or a Gaussian is made positive: exp of a softly clipped number, softplus, sigmoid, or exp as in the MAF paper, which may overflow", option.Names(scales, scaleName)...)
}
