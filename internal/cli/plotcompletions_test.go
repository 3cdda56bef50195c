package cli

import (
	"fmt"
	"slices"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/nade"
)

func TestHalves(t *testing.T) {
	for name, want := range map[string]string{"upper": "xxx......", "lower": "......xxx", "left": "x..x..x..", "right": "..x..x..x"} {
		got := ""
		for _, given := range half(name, 3, 3) {
			got += map[bool]string{true: "x", false: "."}[given]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for name := range halves {
		h, w := 4, 6
		if n := len(slices.DeleteFunc(half(name, h, w), func(given bool) bool { return !given })); n != h*w/2 {
			t.Errorf("%s: %d of %d pixels", name, n, h*w)
		}
	}
}

// What is given of an image, in every colour, is in its completions, which are of this image and the same by every
// backend.
func TestCompletionsKeepWhatIsGiven(t *testing.T) {
	for _, contextDim := range []int{0, 2} {
		t.Run(fmt.Sprint("context ", contextDim), func(t *testing.T) { checkCompletions(t, contextDim) })
	}
}

func checkCompletions(t *testing.T, contextDim int) {
	t.Helper()
	const h, w, n = 2, 3, 40
	dim := 3 * h * w
	d, err := nade.New(nade.Options{Dim: dim, ContextDim: contextDim, Hidden: []int{5}, Orders: 2})
	if err != nil {
		t.Fatal(err)
	}
	given := half("left", h, w)
	rows := []int{2, 0}
	set := &data.Prepared{Rows: 3, Dim: dim, ContextDim: contextDim, Context: make([]float32, 3*contextDim)}
	for i := range contextDim { // of the last row, whose pixels it decides
		set.Context[2*contextDim+i] = 1e6
	}
	for i := range set.Rows * dim {
		set.X = append(set.X, float32(i*i/7%2))
	}
	var first []float32
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		m, err := maskflow.New(b, d, modeltest.RandomWeights(d, 3), maskflow.Options{Preparation: data.NewPreparation(dim, contextDim)})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		images, drawn, err := drawRest(t.Context(), m, set, rows, given, n, 5)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = drawn
		}
		if !slices.Equal(first, drawn) {
			t.Error("another backend draws others")
		}
		changed := make([]bool, dim)
		for i, row := range rows {
			image := images[i*dim : (i+1)*dim]
			if !slices.Equal(image, set.Row(row)) {
				t.Errorf("image %d is not row %d", i, row)
			}
			for k := range n {
				for p, v := range drawn[(i*n+k)*dim:][:dim] {
					changed[p] = changed[p] || v != image[p]
				}
			}
		}
		for k := range (n - 1) * dim {
			if contextDim > 0 && drawn[k] != drawn[k+dim] {
				t.Errorf("pixel %d of two completions by a context that decides it differs", k%dim)
			}
		}
		for p, is := range changed {
			if is == given[p%(h*w)] {
				t.Errorf("pixel %d of colour %d, given %v, differs in a completion: %v", p%(h*w), p/(h*w), given[p%(h*w)], is)
			}
		}
	})
}

// As text a row is an image, what is given of it and its completions, with a line between all of them.
func TestCompletionSheet(t *testing.T) {
	images, drawn := []float64{0.1, 0.2, 0.6, 0.7}, []float64{0.11, 0.21, 0.12, 0.22, 0.61, 0.71, 0.62, 0.72}
	sheet, tall, wide := completionSheet(images, []bool{true, false}, drawn, 1, 2)
	want := []float64{
		0.1, 0.2, 0.5, 0.1, 0.3, 0.5, 0.11, 0.21, 0.5, 0.12, 0.22,
		0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
		0.6, 0.7, 0.5, 0.6, 0.3, 0.5, 0.61, 0.71, 0.5, 0.62, 0.72,
	}
	if tall != 3 || wide != 11 || !slices.Equal(sheet, want) {
		t.Errorf("%d x %d: %v", tall, wide, sheet)
	}
}
