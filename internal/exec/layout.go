package exec

import (
	"errors"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Layout describes the inputs of a compiled call that come from the host; they
// follow the tensors that stay on the backend. An input of no width is left out.
type Layout struct {
	Batch    int                 // rows a call
	Weighted bool                // a weight of each row, [batch]
	X        int                 // width of the rows, [batch, X]
	Context  int                 // width of their contexts, [batch, Context]
	Noise    int                 // width of their noise, [batch, Noise]
	Degrees  []models.DegreeSpec // of a mask set, one vector each
	Scalars  int                 // numbers that all rows share, [Scalars]
}

// LayoutOf is that of a function of rows of a model, their contexts and, if the
// model is masked, a mask set.
func LayoutOf(m models.Definition, batch int) Layout {
	l := Layout{Batch: batch, X: models.Width(m), Context: m.ContextDim()}
	if masked, ok := m.(models.Masked); ok {
		l.Degrees = masked.DegreeSpecs()
	}
	return l
}

// Args are the inputs of a call by their roles, as nodes or as tensors; those that
// the layout leaves out are nil.
type Args[T any] struct {
	Weights, X, Context, Noise T
	Degrees                    []T
	Scalars                    T
}

// Values are the inputs of a call on the host, row-major.
type Values struct {
	Batch                      int // rows a call, 0: the layout's
	Weights, X, Context, Noise []float32
	Degrees                    [][]int32
	Scalars                    []float64
}

// visit calls f for each input in its order.
func visit[T any](l Layout, a *Args[T], f func(field *T, shape shapes.Shape)) {
	one := func(there bool, field *T, dtype dtypes.DType, dims ...int) {
		if there {
			f(field, shapes.Make(dtype, dims...))
		}
	}
	one(l.Weighted, &a.Weights, dtypes.Float32, l.Batch)
	one(l.X > 0, &a.X, dtypes.Float32, l.Batch, l.X)
	one(l.Context > 0, &a.Context, dtypes.Float32, l.Batch, l.Context)
	one(l.Noise > 0, &a.Noise, dtypes.Float32, l.Batch, l.Noise)
	a.Degrees = slices.Grow(a.Degrees, len(l.Degrees))[:len(l.Degrees)]
	for i, d := range l.Degrees {
		one(true, &a.Degrees[i], dtypes.Int32, d.Length)
	}
	one(l.Scalars > 0, &a.Scalars, dtypes.Float32, l.Scalars)
}

// Split takes the inputs from the front of a call's arguments.
func (l Layout) Split(args []*Node) (in Args[*Node], rest []*Node) {
	visit(l, &in, func(field **Node, _ shapes.Shape) { *field, args = args[0], args[1:] })
	return in, args
}

// Tensors puts values into tensors of the layout's shapes; what values have too
// few of is filled up with zeros. Inputs without values stay nil.
func (l Layout) Tensors(v Values) Args[*tensors.Tensor] {
	if v.Batch > 0 {
		l.Batch = v.Batch
	}
	var out Args[*tensors.Tensor]
	values := l.list(v)
	visit(l, &out, func(field **tensors.Tensor, shape shapes.Shape) {
		switch flat := values[0].(type) {
		case []float32:
			*field = filled(flat, shape)
		case []int32:
			*field = filled(flat, shape)
		}
		values = values[1:]
	})
	return out
}

func filled[T float32 | int32](values []T, shape shapes.Shape) *tensors.Tensor {
	if values == nil {
		return nil
	}
	flat := make([]T, shape.Size())
	copy(flat, values)
	return tensors.FromFlatDataAndDimensions(flat, shape.Dimensions...)
}

// list are the values in the order of the inputs, []float32 or []int32.
func (l Layout) list(v Values) []any {
	all := make([]any, 0, 5+len(l.Degrees))
	a := Args[any]{Weights: v.Weights, X: v.X, Context: v.Context, Noise: v.Noise, Scalars: num.Convert[float32](v.Scalars)}
	for _, d := range v.Degrees {
		a.Degrees = append(a.Degrees, d)
	}
	visit(l, &a, func(field *any, _ shapes.Shape) { all = append(all, *field) })
	return all
}

// Host is tensors for the inputs of a layout that are written in place: on a CPU
// they are the memory which the program reads, so that a call neither allocates nor
// uploads. With more than one step each tensor has a leading axis of so many steps,
// and the last one is the number of steps that a call takes.
type Host struct {
	layout  Layout
	Tensors []*tensors.Tensor
	count   *tensors.Tensor
}

// NewHost allocates the tensors.
func NewHost(b compute.Backend, l Layout, steps int) (*Host, error) {
	h := &Host{layout: l}
	var all []shapes.Shape
	visit(l, &Args[any]{}, func(_ *any, shape shapes.Shape) {
		if steps > 1 {
			shape = shapes.Make(shape.DType, append([]int{steps}, shape.Dimensions...)...)
		}
		all = append(all, shape)
	})
	if steps > 1 {
		all = append(all, shapes.Make(dtypes.Int32))
	}
	for _, shape := range all {
		t, err := tensors.FromShapeForBackend(b, 0, shape)
		if err != nil {
			h.Finalize()
			return nil, err
		}
		h.Tensors = append(h.Tensors, t)
	}
	if steps > 1 {
		h.count = h.Tensors[len(h.Tensors)-1]
	}
	return h, nil
}

// Finalize frees the tensors. A second call does nothing.
func (h *Host) Finalize() {
	Finalize(h.Tensors)
	h.Tensors = nil
}

// Write fills the tensors with the values of steps one after another. What they
// hold beyond those is left over from earlier calls.
func (h *Host) Write(steps []Values) error {
	values := make([][]any, len(steps))
	for i, v := range steps {
		values[i] = h.layout.list(v)
	}
	var problems []error
	for k, t := range h.Tensors {
		switch {
		case t == h.count:
			problems = append(problems, tensors.MutableFlatData(t, func(flat []int32) { flat[0] = int32(len(steps)) }))
		case t.DType() == dtypes.Int32:
			problems = append(problems, put[int32](t, values, k))
		default:
			problems = append(problems, put[float32](t, values, k))
		}
	}
	return errors.Join(problems...)
}

// put writes the k-th value of each step.
func put[T float32 | int32](t *tensors.Tensor, steps [][]any, k int) error {
	return tensors.MutableFlatData(t, func(flat []T) {
		for _, values := range steps {
			flat = flat[copy(flat, values[k].([]T)):]
		}
	})
}

// DegreesOf are the degrees of a mask set, nil standing for the first of the
// cycle; a density without masks has none.
func DegreesOf(m models.Definition, set *masks.Set) [][]int32 {
	masked, ok := m.(models.Masked)
	if !ok {
		return nil
	}
	if set == nil {
		set = masked.Cycle().At(0)
	}
	return masked.Degrees(set)
}
