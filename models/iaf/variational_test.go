package iaf

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
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
	m := must(New(Options{Layers: 1, Scale: "exp", Dim: 3, Hidden: []int{}}))
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

// batchOf are the arguments rows (where the model has any), noise, weights of
// the rows, and β.
func batchOf(args []*Node) models.Batch {
	n := len(args)
	b := models.Batch{Noise: args[n-3], Weights: args[n-2], Beta: args[n-1]}
	if n > 3 {
		b.X = args[0]
	}
	return b
}

// Where the flow is the target, every sample's bound is ln Z. The gradient that
// sticks the landing is zero for each, but the plain one is zero only in the mean.
func TestStickingTheLanding(t *testing.T) {
	const rows = 200
	m, w := gaussianFit()
	plain := must(NewVariational(m, gaussianTarget(), VariationalOptions{}))
	landing := must(NewVariational(m, gaussianTarget(), VariationalOptions{StickTheLanding: true}))
	weights := normals(2, rows) // of both signs: what is zero for each sample is zero in any sum
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		n := len(trained(plain))
		out := compile(t, b, plain, func(p models.Params, args []*Node) []*Node {
			batch := batchOf(args)
			all := []*Node{plain.Bound(p, nil, nil, batch.Noise)}
			for _, v := range []*Variational{plain, landing} {
				value := v.Value(p, batch)
				all = append(append(all, value), gradients(v, p, ReduceAllSum(Mul(value, batch.Weights)))...)
			}
			return all
		}).run(t, w, matrix(normals(1, rows*3), 3), weights, float32(1))
		for r := range rows {
			for _, v := range []float32{out[0][r], out[1][r], out[n+2][r]} {
				if !near(float64(v), gaussianLogZ, 1e-5) {
					t.Fatalf("row %d: a value is %v, want ln Z = %v", r, v, gaussianLogZ)
				}
			}
		}
		for i, s := range trained(plain) {
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

// checkAgree compares the means of the gradients of two objectives of the same
// parameters: they differ by less than six standard errors, which are small
// beside the gradients themselves. It returns the gradients of one batch, first
// those of the plain objective.
func checkAgree(t *testing.T, b *backend.Backend, plain, landing models.Trained, w models.Weights, x []float32) [][]float32 {
	t.Helper()
	const rows, batches = 1000, 30
	n := len(trained(plain))
	c := compile(t, b, plain, func(p models.Params, args []*Node) []*Node {
		batch := batchOf(args)
		one, other := plain.Value(p, batch), landing.Value(p, batch)
		mean := func(v *Node) *Node { return ReduceAllSum(Mul(v, batch.Weights)) }
		return slices.Concat([]*Node{one, other}, gradients(plain, p, mean(one)), gradients(plain, p, mean(other)))
	})
	noiseDim := plain.NoiseDim()
	weights := slices.Repeat([]float32{1. / rows}, rows)
	samples := make([][][]float32, 0, batches)
	for k := range batches {
		var args []any
		if x != nil {
			args = append(args, matrix(slices.Repeat(x, rows*plain.Dim()/len(x)), plain.Dim()))
		}
		out := c.run(t, w, append(args, matrix(normals(uint64(100+k), rows*noiseDim), noiseDim), weights, float32(0.8))...)
		same(t, "the objective", out[1], out[0], 1, 1e-4)
		samples = append(samples, out[2:])
	}
	var signal, noise float64
	different := false
	for i, s := range trained(plain) {
		for k := range s.Size() {
			var differences, values []float64
			for _, out := range samples {
				one, other := float64(out[i][k]), float64(out[n+i][k])
				differences, values = append(differences, one-other), append(values, other)
			}
			mean, deviation := moments(differences)
			if !(math.Abs(mean) <= 6*deviation+1e-5) {
				t.Errorf("the mean gradients of %s[%d] differ by %.5f ± %.5f", s.Name, k, mean, deviation)
			}
			value, _ := moments(values)
			signal, noise = signal+value*value, noise+deviation*deviation
			different = different || deviation > 1e-4
		}
	}
	if !different {
		t.Error("the gradients are the same")
	}
	if !(noise < 0.01*signal) {
		t.Errorf("the noise %.3g hides the gradients %.3g", noise, signal)
	}
	return samples[0]
}

// Where the flow is not the target, both gradients have the same mean.
func TestGradientsAgree(t *testing.T) {
	target := must(EnergyByName("u3"))
	tests := []struct {
		name string
		o    flow.StackOptions
	}{
		{"affine", flow.StackOptions{}},
		{"gated, lu", flow.StackOptions{Transform: "gated", Permute: "lu"}},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range few(b, tests, 1, 1) {
			t.Run(c.name, func(t *testing.T) {
				o := sized(c.o, 2)
				o.Hidden = []int{5}
				m := must(New(Options(o)))
				plain := must(NewVariational(m, target, VariationalOptions{}))
				landing := must(NewVariational(m, target, VariationalOptions{StickTheLanding: true}))
				checkAgree(t, b, plain, landing, randomWeights(m, 1), nil)
			})
		}
	})
}

// While annealing, ln p̃ counts β times: the objective is linear in β, −ln q
// without the target and the bound with all of it.
func TestAnnealing(t *testing.T) {
	const rows = 20
	m := must(New(Options(sized(flow.StackOptions{}, 2))))
	v := must(NewVariational(m, must(EnergyByName("u1")), VariationalOptions{}))
	w := randomWeights(v, 1)
	noise, weights := normals(1, rows*2), slices.Repeat([]float32{1. / rows}, rows)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := compile(t, b, v, func(p models.Params, args []*Node) []*Node {
			batch := batchOf(args)
			x, logq := v.flow.SampleAndLogProb(p, batch.Noise, nil)
			return []*Node{v.Value(p, batch), v.Bound(p, nil, nil, batch.Noise), Neg(logq), v.Target().LogDensity(p, x)}
		})
		for _, beta := range []float32{0, 0.3, 1} {
			out := c.run(t, w, matrix(noise, 2), weights, beta)
			want := make([]float32, rows)
			for r := range want {
				want[r] = beta*out[3][r] + out[2][r]
			}
			same(t, "the objective", out[0], want, 1, 1e-6)
			if beta == 1 {
				same(t, "the bound", out[1], want, 1, 1e-6)
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
	v := must(NewVariational(m, target, VariationalOptions{}))
	all := append(slices.Clone(w), []float32{1, 2})
	if specs := v.Specs(); specs[len(specs)-1].Name != "target.scale" || !specs[len(specs)-1].Fixed || target.Specs[0].Fixed {
		t.Errorf("the parameters are %+v", specs)
	}
	noise := normals(1, 12)
	x := make([]float32, 12)
	sampler := must(v.NewSampler(all, nil))
	if _, err := sampler.Sample(t.Context(), x, noise, nil, models.Incremental); err != nil {
		t.Fatal(err)
	}
	for r := range 4 {
		for d, row := range gaussianRoot {
			want := gaussianMean[d]
			for j, l := range row {
				want += l * float64(noise[3*r+j])
			}
			if !near(float64(x[3*r+d]), want, 1e-5) {
				t.Errorf("sample %d, variable %d is %v, want %v", r, d, x[3*r+d], want)
			}
		}
	}
	same(t, "the noise of samples", inverter{must(v.flow.NewInverter(v.flowPart.Weights(all))), nil}.toNoise(t, x), noise, 3, 1e-5)
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
		{flow.StackOptions{Dim: 3, Context: 1, Hidden: []int{}}, "a flow that is fitted to the target gaussian takes no context"},
	} {
		_, err := NewVariational(must(New(Options(c.o))), target, VariationalOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("the error is %v, want %q", err, c.want)
		}
	}
}
