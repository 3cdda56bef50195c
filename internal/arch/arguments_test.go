package arch

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/data/recipe"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/data/toy"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/models/output"
	"github.com/maskflow/maskflow/models/vae"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/posterior"
	"github.com/maskflow/maskflow/reproduce"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/tui"
	"github.com/maskflow/maskflow/verify"
)

// library lists the packages that other programs use, and the exported functions of each.
var library = map[string][]any{
	".": {maskflow.LoadConfig, maskflow.WeightsHash, maskflow.ReadRun, maskflow.RunConfig, maskflow.Kinds, maskflow.NoisyKinds, maskflow.Notice, (*maskflow.Config).LoadData, maskflow.CheckRows, maskflow.Variables, (*maskflow.Config).NewModel, (*maskflow.Config).Resolve, maskflow.New, maskflow.Open, maskflow.Upgrade, maskflow.NewEnsemble, maskflow.OpenEnsemble, maskflow.MemberPaths, maskflow.CheckMember, maskflow.BasisOf},
	"masks": {masks.Natural, masks.Reversed, masks.Shuffled, masks.Verify, masks.Connects, masks.Sequential, masks.Sampled,
		masks.NewSet, masks.NewCycle},
	"models": {models.ObjectiveOf, models.Passes, models.DensityOf, models.TargetsOf, models.Ungiven, models.Initialize, models.Zeros, models.InitByName, models.Normal,
		models.Orthogonal, models.CheckFinite, models.Reals, models.Bits, models.Categories, models.Circle, models.Discrete,
		models.GridCells, models.Smooth, models.Binary, models.StateCode, models.StateOf, models.IsNotKnown, models.VariableOf, models.VariablesOf, models.Width, models.Widen, models.Mixture, models.Shares},
	"models/flow": {flow.NewAffine, flow.NewAutoregressive, flow.NewStack, flow.New, flow.NewOrdered, flow.NewDrawn, flow.NewSpline, flow.NewActNorm,
		flow.NewGated, flow.Invert, flow.Unwrap, flow.NewBatchNorm, flow.NewLU, flow.Normalisations},
	"models/made":   {made.New},
	"models/nade":   {nade.New, nade.NewTargeted, nade.TargetsRow, nade.OrdersSection},
	"models/maf":    {maf.New, maf.NewDrawn},
	"models/iaf":    {iaf.Energies, iaf.EnergyByName, iaf.StickTheLandingRow, iaf.New, iaf.NewVariational, iaf.Teacher},
	"models/vae":    {vae.New},
	"models/output": {output.Uniform, output.Normal, output.For, output.Apart, output.Observe},
	"data": {data.Jitter, data.FitScale, data.FromRows, data.FromFlat[float32], data.FromMatrix, data.Refuse, data.Place,
		data.Describe, data.IndependentColumns, data.AttachLabels, data.LinesOf, data.NewLimit, data.NewPreparation, data.Cut, data.Split, data.Prepare, data.IdentityOf,
		data.GuessSchema, data.DescribeSource, data.Number, data.Interleave, data.Blocks},
	"baseline": {baseline.Fit, baseline.Compare, baseline.Best, baseline.Dominant, baseline.OfTwins, baseline.Disagreement},
	"data/format": {format.OpenNPZ, format.FoldName, format.CheckName, format.WriteFile, format.WriteRows, format.Write, format.NewWriter, format.WriteCSV, format.ReadCSV, format.ReadNPY,
		format.ColumnNames, format.Suffixes, format.KindOf, format.ReadFile, format.Pages, format.PagesOfCSV, format.Read, format.Open},
	"data/recipe": {recipe.Folder, recipe.Labels, recipe.All, recipe.Load, recipe.Connect4},
	"data/toy":    {toy.Targets, toy.All, toy.ByName},
	"data/source": {source.Load, source.Rows, source.Path, source.ReadLabels, source.List, source.Describe},
	"checkpoint": {checkpoint.StepName, checkpoint.Latest, checkpoint.In, checkpoint.Prune, checkpoint.Load, checkpoint.Save,
		checkpoint.NewTensor[float32], checkpoint.Values[float32]},
	"config": {config.Diff, config.Marshal, config.Hash, config.Parse, config.Load, config.Values, config.Brief},
	"train": {train.Fit, train.ParseConfig, train.LoadConfig, train.Run, train.Records,
		train.ResultOf, train.NewTrainer, train.CheckResume, train.RunConfig, train.LoadData, train.SourceConfig, train.FitTable, train.RunSeeds},
	"posterior": {posterior.C2ST, posterior.Calibrate, posterior.Live, posterior.Mode, posterior.Of},
	"verify":    {verify.Model},
	"runlog": {runlog.Request, runlog.List, runlog.Open, runlog.ReadManifest, runlog.ReadConfig, runlog.ConfigHash, runlog.Vacant, runlog.Create, runlog.Resume, runlog.TimeOf,
		runlog.ReadState, runlog.Floats, runlog.Owns, runlog.Load, runlog.ReadMembers, runlog.WriteMembers, runlog.NoMembers},
	"plot": {plot.Part, plot.BarRow, plot.Bins, plot.Histogram, plot.Find, plot.NewCurve, plot.Heatmap, plot.Images, plot.SquareSide, plot.Grey, plot.Ramp,
		plot.Blend, plot.Series, plot.Ticks, plot.Dates, plot.Percent, plot.EstimateDensity},
	"picture": {picture.Calibration, picture.Curve, picture.Density, picture.Masks, picture.MasksASCII, picture.MasksText,
		picture.Samples, picture.Completions, picture.Columns, picture.Pairs},
	"monitor":   {monitor.NewSmooth, monitor.GPUs, monitor.Memory, monitor.ParseQuery, monitor.QueryKeys, monitor.Diff, monitor.NewSource},
	"reproduce": {reproduce.Experiments, reproduce.Names, reproduce.ByName, reproduce.Within, reproduce.AtLeast, reproduce.AtMost, reproduce.MoreThan},
	"tui":       {tui.Keys, tui.New, tui.Frame, tui.DetectScreen},
	"backend":   {backend.Built, backend.OneLine, backend.DefaultPluginDir, backend.List, backend.Open},
}

// ofProcess change the process or the machine.
var ofProcess = []string{"backend.Doctor", "backend.Install", "backend.QuietLogs", "backend.ProbeMain", "backend.CaptureStderr"}

// indexed take an index as a slice does; shapes that do not fit are masks.Verify's and an initial value's only answer.
var indexed = []string{"*masks.Cycle.At", "*masks.Set.In", "*masks.Set.Mask", "*masks.Set.Out", "*data.Table.At", "*data.Table.Row",
	"*data.Lines.At",
	"*data.Table.Set", "*data.Table.SetText", "*data.Table.TextOf", "*data.Prepared.Row", "*data.Prepared.ContextRow", "*maf.Model.LayerPart", "*maf.Drawn.LayerPart", "*maf.Drawn.Support", "*iaf.Model.LayerPart", "masks: Verify", "models: Orthogonal",
	"models: VariableOf", "models/output: Apart", "*made.Model.Columns", "*made.Model.Support", "*made.Model.Variable",
	"*nade.Model.Columns", "*nade.Model.Support", "*nade.Model.Variable"}

// ofGraphs take nodes: they panic with the shapes, and whoever builds the graph returns an error.
var ofGraphs = []string{"models.Bind", "models.Nest", "models.Of", "models.InScope"}

// Whatever a caller gets wrong is an error, or a result, but no panic: nil, empty and short arguments.
func TestNoArgumentPanics(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	t.Chdir(t.TempDir())
	for folder, functions := range library {
		for _, f := range functions {
			name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
			call(t, b, folder+": "+name[strings.LastIndex(name, ".")+1:], reflect.ValueOf(f))
		}
	}
}

func TestNoArgumentOfAMethodPanics(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	t.Chdir(t.TempDir())
	for _, v := range objects(t, b) {
		of := reflect.ValueOf(v)
		for i := range of.NumMethod() {
			name := fmt.Sprintf("%T.%s", v, of.Type().Method(i).Name)
			if slices.Contains([]string{"Close", "Run"}, of.Type().Method(i).Name) {
				continue
			}
			call(t, b, name, of.Method(i))
		}
	}
}

// objects have methods.
func objects(t *testing.T, b *backend.Backend) []any {
	t.Helper()
	m, f := made.Options{Dim: 3, Hidden: []int{5}, Masks: 2}, maf.Options{Dim: 2, Hidden: []int{5}, Layers: 2}
	density, affine := must(made.New(m)), must(maf.New(f))
	var all []any
	for _, d := range []models.Definition{density, must(nade.New(nade.Options{Dim: 3, Hidden: []int{5}})), affine, must(maf.NewDrawn(f)), must(iaf.New(iaf.Options{Dim: 2, Hidden: []int{5}})), must(vae.New(vae.Options{Dim: 3}))} {
		trained := must(maskflow.New(b, d, models.Initialize(d, 1), maskflow.Options{}))
		t.Cleanup(trained.Close)
		all = append(all, d, trained, models.Initialize(d, 1), must(maskflow.NewEnsemble(trained)))
		if maskflow.CheckMember(d) == nil {
			all = append(all, must(maskflow.NewEnsemble(trained, trained)))
		}
	}
	table := must(data.FromRows([][]float64{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {1, 3}}))
	splits := must(data.Split(table, data.Options{}))
	trainer := must(train.NewTrainer(b, affine, splits, train.Options{MaxSteps: 1}))
	t.Cleanup(trainer.Close)
	return append(all, density.Cycle(), density.Cycle().At(0), masks.Order{2, 1, 3}, table, splits, splits.Train, &train.Config{}, trainer,
		data.NewPreparation(2, 0))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// call calls a function with each combination of arguments, up to a number of them.
func call(t *testing.T, b *backend.Backend, name string, f reflect.Value) {
	t.Helper()
	if slices.Contains(indexed, name) {
		return
	}
	kind := f.Type()
	var choices [][]reflect.Value
	for i := range kind.NumIn() {
		if kind.IsVariadic() && i == kind.NumIn()-1 {
			break
		}
		of := arguments(b, kind.In(i))
		if of == nil {
			return // a function of nodes
		}
		choices = append(choices, of)
	}
	const most = 400
	total := 1
	for _, c := range choices {
		total *= len(c)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range min(total, most) {
		if total > most {
			n = rng.IntN(total)
		}
		in := make([]reflect.Value, len(choices))
		for i, c := range choices {
			in[i], n = c[n%len(c)], n/len(c)
		}
		if !survives(t, name, f, in) {
			return
		}
	}
}

func survives(t *testing.T, name string, f reflect.Value, in []reflect.Value) (ok bool) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			var text []string
			for _, v := range in {
				text = append(text, fmt.Sprintf("%v(%.60s)", v.Type(), fmt.Sprint(v)))
			}
			t.Errorf("%s(%s) panics: %v", name, strings.Join(text, ", "), p)
			if testing.Verbose() {
				buffer := make([]byte, 4000)
				t.Logf("%s", buffer[:runtime.Stack(buffer, false)])
			}
			ok = false
		}
	}()
	for _, out := range f.Call(in) {
		if c, ok := out.Interface().(interface{ Close() }); ok && out.Kind() == reflect.Pointer && !out.IsNil() {
			c.Close()
		}
	}
	return true
}

// arguments are wrong and right ones of a type; none for the parts of a graph.
func arguments(b *backend.Backend, of reflect.Type) []reflect.Value {
	values := func(all ...any) (out []reflect.Value) {
		for _, v := range all {
			out = append(out, reflect.ValueOf(v).Convert(of))
		}
		return out
	}
	zero := []reflect.Value{reflect.Zero(of)}
	switch of {
	case reflect.TypeFor[*graph.Node](), reflect.TypeFor[models.Params](), reflect.TypeFor[*graph.Graph](), reflect.TypeFor[models.Batch]():
		return nil
	case reflect.TypeFor[context.Context]():
		return values(context.Background())
	case reflect.TypeFor[*backend.Backend]():
		return append(zero, values(b)...)
	case reflect.TypeFor[models.Definition](), reflect.TypeFor[models.Density]():
		return append(zero, values(must(made.New(made.Options{Dim: 3, Hidden: []int{}})))...)
	case reflect.TypeFor[*rand.Rand](): // the source of random numbers is needed
		return values(rand.New(rand.NewPCG(1, 1)))
	case reflect.TypeFor[*maskflow.Model](): // comes from New or Open
		return zero
	case reflect.TypeFor[io.Writer]():
		return values(io.Discard)
	case reflect.TypeFor[io.Reader]():
		return values(strings.NewReader("1,2\n"))
	case reflect.TypeFor[fs.FileInfo]():
		return nil
	case reflect.TypeFor[plot.Points](): // what is smoothed is needed
		return values(plot.XY{})
	case reflect.TypeFor[mat.Matrix]():
		return append(zero, values(mat.NewDense(1, 2, nil))...)
	}
	switch of.Kind() {
	case reflect.Bool:
		return values(false, true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		return values(0, -1, 3)
	case reflect.Uint64, reflect.Uint32, reflect.Uint8:
		return values(0, 1)
	case reflect.Float32, reflect.Float64:
		return values(0.0, -1.0, math.NaN(), math.Inf(1))
	case reflect.String:
		return values("", "x")
	case reflect.Slice:
		return append(zero, reflect.MakeSlice(of, 0, 0), reflect.MakeSlice(of, 1, 1))
	case reflect.Pointer:
		return append(zero, reflect.New(of.Elem()))
	}
	return zero
}

// A function that is added to a package of the library is tried, too.
func TestEveryFunctionIsTried(t *testing.T) {
	for folder, functions := range library {
		var tried []string
		for _, f := range functions {
			name, _, _ := strings.Cut(runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name(), "[")
			tried = append(tried, name[strings.LastIndex(name, ".")+1:])
		}
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if ok && f.Recv == nil && f.Name.IsExported() && !slices.Contains(tried, f.Name.Name) && !slices.Contains(slices.Concat(ofGraphs, ofProcess), file.Name.Name+"."+f.Name.Name) {
					t.Errorf("%s.%s is not tried with nil, empty and short arguments: add it to the table", folder, f.Name.Name)
				}
			}
		}
	}
}
