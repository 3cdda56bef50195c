package iaf

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/modeltest"
)

// The Gaussian N(μ, L·Lᵀ) that an affine layer without hidden units can be, and
// ln of the factor that its density lacks.
var (
	gaussianRoot = [3][3]float64{{1.5, 0, 0}, {-0.7, 0.6, 0}, {0.4, 1.1, 0.9}}
	gaussianMean = [3]float64{0.5, -1, 2}
)

const gaussianLogZ = -1.25

// gaussianTarget is −½·|L⁻¹(x − μ)|², and a number that makes Z what it is.
func gaussianTarget() Target {
	l := gaussianRoot
	shift := gaussianLogZ - 1.5*math.Log(2*math.Pi) - math.Log(l[0][0]*l[1][1]*l[2][2])
	return Target{Name: "gaussian", Dim: 3, LogZ: gaussianLogZ, LogDensity: func(_ models.Params, x *Node) *Node {
		var whitened []*Node // forward substitution
		sum := MulScalar(ReduceSum(x, 1), 0)
		for d := range l {
			v := AddScalar(Reshape(Slice(x, AxisRange(), AxisRange(d, d+1)), -1), -gaussianMean[d])
			for j, e := range whitened {
				v = Sub(v, MulScalar(e, l[d][j]))
			}
			v = DivScalar(v, l[d][d])
			whitened = append(whitened, v)
			sum = Add(sum, MulScalar(Square(v), -0.5))
		}
		return AddScalar(sum, shift)
	}}
}

// gaussianFit is a flow with the weights that make it the Gaussian: a layer is
// (z − m)·eˢ, so x_d = Σ_j L_dj z_j + μ_d takes m_d = −(Σ_{j<d} L_dj z_j + μ_d)/L_dd.
func gaussianFit() (*Model, models.Weights) {
	m := must.M1(New(Options{Layers: 1, Scale: "exp", Dim: 3, Hidden: []int{}}))
	w := models.Initialize(m, 1)
	weights, bias := w.Named(m)("layer0.output.weights"), w.Named(m)("layer0.output.bias")
	for d, row := range gaussianRoot {
		for j := range d {
			weights[j*6+d] = float32(-row[j] / row[d])
		}
		bias[d], bias[3+d] = float32(-gaussianMean[d]/row[d]), float32(2*math.Log(row[d]))
	}
	return m, w
}

// Where the flow is the target, every sample's bound is ln Z. The gradient that
// sticks the landing is zero for each, but the plain one is zero only in the mean.
func TestStickingTheLanding(t *testing.T) {
	const rows = 200
	m, w := gaussianFit()
	plain := must.M1(NewVariational(m, gaussianTarget(), VariationalOptions{}))
	landing := must.M1(NewVariational(m, gaussianTarget(), VariationalOptions{StickTheLanding: true}))
	weights := modeltest.Normals(2, rows) // of both signs: what is zero for each sample is zero in any sum
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		n := len(modeltest.Trained(plain))
		out := modeltest.Compile(t, b, plain, func(p models.Params, args []*Node) []*Node {
			batch := modeltest.BatchOf(args)
			all := []*Node{plain.Bound(p, nil, nil, batch.Noise)}
			for _, v := range []*Variational{plain, landing} {
				value := v.Value(p, batch)
				all = append(append(all, value), modeltest.Gradients(v, p, ReduceAllSum(Mul(value, batch.Weights)))...)
			}
			return all
		}).Run(t, w, modeltest.Matrix(modeltest.Normals(1, rows*3), 3), weights, float32(1))
		for r := range rows {
			for _, v := range []float32{out[0][r], out[1][r], out[n+2][r]} {
				if !modeltest.Near(float64(v), gaussianLogZ, 1e-5) {
					t.Fatalf("row %d: a value is %v, want ln Z = %v", r, v, gaussianLogZ)
				}
			}
		}
		for i, s := range modeltest.Trained(plain) {
			for k, g := range out[2+i] {
				if g == 0 && s.Name == "layer0.output.bias" {
					t.Errorf("the plain gradient of %s[%d] is zero", s.Name, k)
				}
				if stuck := out[n+3+i][k]; !(math.Abs(float64(stuck)) < 2e-3) {
					t.Errorf("the gradient of %s[%d] that sticks the landing is %v (the plain one %v), want 0", s.Name, k, stuck, g)
				}
			}
		}
	})
}

// Where the flow is not the target, both gradients have the same mean.
func TestGradientsAgree(t *testing.T) {
	target := must.M1(EnergyByName("u3"))
	tests := []struct {
		name string
		o    flow.StackOptions
	}{
		{"affine", flow.StackOptions{}},
		{"gated, lu", flow.StackOptions{Transform: "gated", Permute: "lu"}},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range modeltest.Few(b, tests, 1, 1) {
			t.Run(c.name, func(t *testing.T) {
				o := sized(c.o, 2)
				o.Hidden = []int{5}
				m := must.M1(New(Options(o)))
				plain := must.M1(NewVariational(m, target, VariationalOptions{}))
				landing := must.M1(NewVariational(m, target, VariationalOptions{StickTheLanding: true}))
				modeltest.CheckAgree(t, b, plain, landing, modeltest.RandomWeights(m, 1), nil)
			})
		}
	})
}

// While annealing, ln p̃ counts β times: the objective is linear in β, −ln q
// without the target and the bound with all of it.
func TestAnnealing(t *testing.T) {
	const rows = 20
	m := must.M1(New(Options(sized(flow.StackOptions{}, 2))))
	v := must.M1(NewVariational(m, must.M1(EnergyByName("u1")), VariationalOptions{}))
	w := modeltest.RandomWeights(v, 1)
	noise, weights := modeltest.Normals(1, rows*2), slices.Repeat([]float32{1. / rows}, rows)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
			batch := modeltest.BatchOf(args)
			x, logq := v.flow.SampleAndLogProb(p, batch.Noise, nil)
			return []*Node{v.Value(p, batch), v.Bound(p, nil, nil, batch.Noise), Neg(logq), v.Target().LogDensity(p, x)}
		})
		for _, beta := range []float32{0, 0.3, 1} {
			out := c.Run(t, w, modeltest.Matrix(noise, 2), weights, beta)
			want := make([]float32, rows)
			for r := range want {
				want[r] = beta*out[3][r] + out[2][r]
			}
			modeltest.Same(t, "the objective", out[0], want, 1, 1e-6)
			if beta == 1 {
				modeltest.Same(t, "the bound", out[1], want, 1, 1e-6)
			}
		}
	})
}

// As a density and as a sampler, the fit is the flow, and the target's
// parameters are no matter.
func TestVariationalIsItsFlow(t *testing.T) {
	m, w := gaussianFit()
	target := gaussianTarget()
	target.Specs = []models.Spec{{Name: "scale", Shape: []int{2}}}
	v := must.M1(NewVariational(m, target, VariationalOptions{}))
	all := append(slices.Clone(w), []float32{1, 2})
	if specs := v.Specs(); specs[len(specs)-1].Name != "target.scale" || !specs[len(specs)-1].Fixed || target.Specs[0].Fixed {
		t.Errorf("the parameters are %+v", specs)
	}
	noise := modeltest.Normals(1, 12)
	x := make([]float32, 12)
	sampler := must.M1(v.NewSampler(all, nil))
	if _, err := sampler.Sample(t.Context(), x, noise, nil, models.Incremental); err != nil {
		t.Fatal(err)
	}
	for r := range 4 {
		for d, row := range gaussianRoot {
			want := gaussianMean[d]
			for j, l := range row {
				want += l * float64(noise[3*r+j])
			}
			if !modeltest.Near(float64(x[3*r+d]), want, 1e-5) {
				t.Errorf("sample %d, variable %d is %v, want %v", r, d, x[3*r+d], want)
			}
		}
	}
	modeltest.Same(t, "the noise of samples", inverter{must.M1(v.flow.NewInverter(v.flowPart.Weights(all))), nil}.toNoise(t, x), noise, 3, 1e-5)
	drawn, again := make([]float32, 9), make([]float32, 6)
	sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), drawn)
	sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), again)
	if !slices.Equal(drawn[:6], again) || v.NoiseDim() != 3 || sampler.NoiseDim() != 3 || len(v.Stages()) != 0 {
		t.Errorf("the noise is %v and %v, of %d numbers", drawn, again, v.NoiseDim())
	}
	_, err := v.NewSampler(w, nil)
	if err == nil || !strings.Contains(err.Error(), "iaf: the model has 3 parameters, but 2 were given") {
		t.Errorf("too few weights to sample: the error is %v", err)
	}
	if d, part := v.Fit(); d != models.Density(m) || !slices.Equal(part.Weights(all)[0], w[0]) {
		t.Error("what is fitted is not the flow")
	}
}

func TestNewVariationalRefuses(t *testing.T) {
	target := gaussianTarget()
	for _, c := range []struct {
		o    flow.StackOptions
		want string
	}{
		{flow.StackOptions{Dim: 2, Hidden: []int{}}, "the target gaussian has 3 variables, but the flow 2"},
		{flow.StackOptions{Dim: 3, ContextDim: 1, Hidden: []int{}}, "a flow that is fitted to the target gaussian takes no context"},
	} {
		_, err := NewVariational(must.M1(New(Options(c.o))), target, VariationalOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("the error is %v, want %q", err, c.want)
		}
	}
}
