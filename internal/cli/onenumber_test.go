package cli_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models"
)

// otherData are preparations that no preset has, of the table mixed.csv and others.
var otherData = map[string]string{
	"dequantised":  "data: {source: grey.csv, dequantise: 16, logit: 0.05, standardise: true}\nmodel: {type: maf}",
	"levels":       "data: {source: grey.csv, dequantise: 16}\nmodel: {type: made, output: mog}",
	"logit":        "data: {source: unit.npy, logit: 1e-6}\nmodel: {type: maf, transform: spline}",
	"sampled":      "data: {source: grey.csv, white: 15, binarize: sample}\nmodel: {type: made}",
	"threshold":    "data: {source: unit.npy, binarize: threshold}\nmodel: {type: made}",
	"context":      "data: {source: mixed.csv, context_columns: 2, drop_columns: [note, b], standardise: true}\nmodel: {type: made, output: gaussian}",
	"labels":       "data: {source: classes.npz, labels: true, dequantise: 16}\nmodel: {type: maf}",
	"digits":       "data: {source: mnist, labels: true, binarize: sample}\nmodel: {type: made}",
	"iaf":          "data: {source: mixed.csv, drop_columns: [note], standardise: true, folds: 3, fold: 2}\nmodel: {type: iaf}",
	"noisy_labels": "data: {source: mnist, labels: true, logit: 1e-6}\nmodel: {type: maf}",
}

// onXLA are computed by XLA, the others by the Go backend, which compiles faster: models
// and preparations of every kind.
var onXLA = []string{"dna_orders", "iaf", "labels", "vae_iaf", "wine_red"}

// alike have bits, and the model of nade_mushrooms but for widths and how it is trained.
var alike = []string{"nade_adult", "nade_binarized_mnist", "nade_connect4", "nade_dna", "nade_jester", "nade_nips", "nade_nltcs", "nade_ocr_letters", "nade_plants"}

// small narrows the models: how their rows are prepared is what is looked at.
var small = map[string][]string{
	"made": {"model.hidden=[5]"}, "nade": {"model.hidden=[5]", "model.orders.count=3"}, "maf": {"model.hidden=[5]", "model.layers=2"}, "iaf": {"model.hidden=[5]", "model.layers=2"},
	"vae": {"model.encoder=[5]", "model.decoder=[5]", "model.latent=3", "eval.samples=4"},
}

// Whoever asks for the likelihood of rows gets one number: eval of a split, eval and
// logprob of a file of its rows, and a Go program. A model takes its own samples, and rows
// come back from their latent codes.
func TestOneNumber(t *testing.T) {
	dir := t.TempDir()
	sources(t, dir)
	var names []string
	texts := map[string]string{}
	for _, f := range must.M1(fs.Glob(configs.Files, "*.yaml")) {
		name := strings.TrimSuffix(f, ".yaml")
		names, texts[name] = append(names, name), string(must.M1(configs.Files.ReadFile(f)))
	}
	for name, text := range otherData {
		names, texts[name] = append(names, name), text+"\n"
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(alike, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(name, "bsds300") {
				t.Skip("it draws 1.3 million patches")
			}
			kind := backend.KindGo
			if slices.Contains(onXLA, name) {
				kind = backend.KindXLA
			}
			oneNumber(t, dir, texts[name], kind)
		})
	}
}

// command runs the command, which must not fail, and returns what it prints.
func command(t *testing.T, kind, dataDir string) func(args ...string) []byte {
	return func(args ...string) []byte {
		t.Helper()
		c := exec.Command("maskflow", args...)
		c.Env = append(os.Environ(), backend.EnvBackend+"="+kind, "MASKFLOW_DATA="+dataDir)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, stderr.Bytes())
		}
		return out
	}
}

// Runs of version 0.1.0 give the figure that it printed, for a split and for a file of it.
func TestOneNumberOfVersion010(t *testing.T) {
	for _, name := range []string{"made", "maf", "mog", "orders", "spline"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Dir(datatest.File(t, "runs-0.1.0/"+name+"/run.json"))
			run, file := command(t, backend.KindGo, os.Getenv("MASKFLOW_DATA")), filepath.Join(t.TempDir(), "test.npy")
			run("data", "show", dir, "--split", "test", "-o", file)
			for what, printed := range map[string][]byte{"the split": run("eval", dir, "--json"), "its file": run("eval", dir, "--json", "--data", file)} {
				var got, want struct{ NLL float64 }
				must.M(json.Unmarshal(printed, &got))
				must.M(json.Unmarshal(must.M1(os.ReadFile(filepath.Join(dir, "eval.json"))), &want))
				if !(math.Abs(got.NLL-want.NLL) <= 1e-3) {
					t.Errorf("%s has %v nats a row, and had %v", what, got.NLL, want.NLL)
				}
			}
		})
	}
}

func oneNumber(t *testing.T, dataDir, config, kind string) {
	b := backendtest.Open(t, kind)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	run := command(t, kind, dataDir)
	nll := func(args ...string) float64 {
		t.Helper()
		var e struct{ NLL float64 }
		must.M(json.Unmarshal(run(append([]string{"eval", path("run"), "--json"}, args...)...), &e))
		return e.NLL
	}
	table := func(name string) *data.Table {
		t.Helper()
		return must.M1(format.ReadFile(t.Context(), path(name), format.ReadOptions{}))
	}
	same := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-5*math.Abs(want)) {
			t.Errorf("%s is %v nats, eval of the split %v", what, got, want)
		}
	}
	must.M(os.WriteFile(path("c.yaml"), []byte(config), 0o600))
	train := []string{"train", path("c.yaml"), "--run", path("run"), "--quiet", "--set", "train.max_steps=3", "--set", "train.batch=20", "--set", "eval.batch=100"}
	for of, sets := range small {
		if strings.Contains(config, "type: "+of) {
			for _, set := range sets {
				train = append(train, "--set", set)
			}
		}
	}
	if strings.Contains(config, "posterior: iaf") {
		train = append(train, "--set", "model.hidden=[5]", "--set", "model.context=3", "--set", "model.layers=2")
	}
	if strings.Contains(config, "base: nade") {
		train = append(train, "--set", "model.base_hidden=[5]", "--set", "model.orders.count=3")
	}
	if strings.Contains(config, "count: unlimited") {
		train = append(train, "--set", "eval.valid_orders=2", "--set", "eval.test_orders=3")
	}
	if strings.Contains(config, "anneal") {
		train = append(train, "--set", "train.anneal.steps=3")
	}
	run(train...)
	m := must.M1(maskflow.Open(b, path("run")))
	defer m.Close()
	_, invertible := m.Density().(models.Flow)
	rows := "test.npz"
	if m.Preparation().Apart == 0 && m.Config.Name != "run" { // text, too
		rows = "test.csv"
	}
	var context []string
	if splits := must.M1(m.LoadData(t.Context(), dataDir)); splits.Target == "" {
		want := nll("--split", "test")
		switch o := m.Config.Data; { // labels are read with the rows
		case o.Labels && o.Binarize != "":
			same("eval of the source's own images", nll("--data", filepath.Join(dataDir, "mnist", "t10k-images-idx3-ubyte")), want)
		case o.Labels && o.Source != "mnist":
			same("eval of the source's own array", nll("--data", filepath.Join(dataDir, o.Source), "--array", "test"), want)
		}
		if splits.Train.Rows < 500 {
			run("data", "show", path("run"), "--split", "train", "-o", path("train.npz"))
			same("eval of the exported training rows", nll("--data", path("train.npz")), nll("--split", "train"))
		}
		run("data", "show", path("run"), "--split", "test", "-o", path(rows))
		same("eval of the exported split", nll("--data", path(rows)), want)
		run("logprob", path("run"), path(rows), "-o", path("p.npy"))
		same("the mean of logprob", -mean(table("p.npy")), want)
		e := must.M1(m.Evaluate(t.Context(), table(rows), maskflow.EvalOptions{}))
		same("Evaluate", e.NLL, want)
		logp := must.M1(m.LogProb(t.Context(), table(rows)))
		same("the mean of LogProb", -mean(must.M1(data.FromFlat(logp, 1))), want)
		if width := m.Definition().ContextDim(); width > 0 {
			must.M(format.WriteFile(path("context.npy"), must.M1(data.FromFlat(splits.Test.Context[:width], width))))
			context = []string{"--context", path("context.npy")}
		}
		if invertible {
			latent(t, run, path, rows, m, splits.Test)
		}
	}
	run(append([]string{"sample", path("run"), "-n", "200", "-o", path("samples.npy")}, context...)...)
	if m.Preparation().Schema() != nil { // which has the context among the columns of the samples
		context = nil
	}
	run(append([]string{"logprob", path("run"), path("samples.npy"), "-o", path("q.npy")}, context...)...)
	if n := table("q.npy").Rows(); n != 200 {
		t.Errorf("%d of 200 samples have a density", n)
	}
	if invertible {
		p, q := must.M1(m.LogProb(t.Context(), withContext(table("samples.npy"), context, table))), table("q.npy")
		for i := range p {
			if math.IsNaN(p[i]) || math.Abs(p[i]-q.At(i, 0)) > 1e-4*math.Abs(p[i]) {
				t.Fatalf("sample %d has the log-density %v, and %v by logprob", i, p[i], q.At(i, 0))
			}
		}
	}
}

// withContext repeats the context of the flags for every row.
func withContext(rows *data.Table, flags []string, table func(string) *data.Table) *data.Table {
	if flags != nil {
		one := table("context.npy").Row(nil, 0)
		_, width := table("context.npy").Dims()
		rows.Context = must.M1(data.FromFlat(slices.Repeat(one, rows.Rows()), width))
	}
	return rows
}

func mean(t *data.Table) (mean float64) {
	for i := range t.Rows() {
		mean += t.At(i, 0) / float64(t.Rows())
	}
	return mean
}

// latent takes rows to their latent codes and back, with the context of the first of them.
func latent(t *testing.T, run func(...string) []byte, path func(string) string, rows string, m *maskflow.Model, test *data.Prepared) {
	t.Helper()
	run("latent", path("run"), path(rows), "-o", path("z.npy"))
	back := []string{"latent", path("run"), path("z.npy"), "-o", path("back.npy"), "--inverse"}
	if width := m.Definition().ContextDim(); width > 0 {
		must.M(format.WriteFile(path("contexts.npy"), must.M1(data.FromFlat(test.Context, width))))
		back = append(back, "--context", path("contexts.npy"))
	}
	run(back...)
	read := func(name string) *data.Table {
		return must.M1(format.ReadFile(context.Background(), path(name), format.ReadOptions{}))
	}
	want, got := read(rows), read("back.npy")
	for d, c := range m.Preparation().Variables {
		var sum, squares float64
		n := float64(want.Rows())
		for i := range want.Rows() {
			sum, squares = sum+want.At(i, c)/n, squares+want.At(i, c)*want.At(i, c)/n
		}
		deviation := math.Sqrt(max(squares-sum*sum, 0))
		for i := range want.Rows() {
			if off := math.Abs(got.At(i, d) - want.At(i, c)); !(off <= 1e-4*deviation) {
				t.Fatalf("row %d, variable %d: %v comes back as %v (deviation %v)", i, d, want.At(i, c), got.At(i, d), deviation)
			}
		}
	}
}

// sources writes a folder with a small file of every kind that the presets name.
func sources(t *testing.T, dir string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	fill := func(rows, dim int, value func(row, col int) float64) *data.Table {
		all := &data.Table{}
		for i := range rows {
			row := make([]float64, dim)
			for c := range row {
				row[c] = value(i, c)
			}
			all.Append(row)
		}
		return all
	}
	normal := func(int, int) float64 { return rng.NormFloat64() }
	write := func(name string, tables ...*data.Table) {
		t.Helper()
		must.M(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must.M(format.WriteFile(filepath.Join(dir, name), tables...))
	}
	raw := func(name string, content []byte) {
		must.M(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must.M(os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	arrays := func(name string, value func(row, col int) float64, dim int) {
		var tables []*data.Table
		for split, rows := range map[string]int{"train": 60, "valid": 20, "test": 30} {
			one := fill(rows, dim, value)
			one.Name = split
			tables = append(tables, one)
		}
		write(name, tables...)
	}
	for name, dim := range map[string]int{"adult": 123, "binarized_mnist": 784, "connect4": 126, "dna": 180, "jester": 100, "mushrooms": 112, "nips": 500, "nltcs": 16, "ocr_letters": 128, "plants": 69, "rcv1": 150, "web_resplit": 300} {
		arrays("binary/"+name+".npz", func(int, int) float64 { return float64(rng.IntN(2)) }, dim)
	}
	for name, dim := range map[string]int{"two_moons": 4, "slcp": 13} {
		arrays("sbi/"+name+"-10000.npz", func(int, int) float64 { return 2*rng.Float64() - 1 }, dim)
	}
	var folds []*data.Table
	for k := 1; k <= 10; k++ {
		fold := fill(20, 11, func(_, c int) float64 { return 1000*float64(c) + rng.NormFloat64() })
		fold.Name = format.FoldName(k)
		folds = append(folds, fold)
	}
	write("real/red_wine_folds.npz", folds...)
	white := fill(150, 12, func(_, c int) float64 { return math.Pow(10, float64(c%5-2)) * rng.NormFloat64() })
	for c := range 12 {
		white.Columns = append(white.Columns, fmt.Sprintf("c%d", c))
	}
	write("real/winequality-white.csv", white)
	voices := "subject#,age,sex,test_time,motor_UPDRS,total_UPDRS,Jitter(%),Jitter(Abs),Jitter:RAP,Jitter:PPQ5,Jitter:DDP,Shimmer,Shimmer(dB)," +
		"Shimmer:APQ3,Shimmer:APQ5,Shimmer:APQ11,Shimmer:DDA,NHR,HNR,RPDE,DFA,PPE\n"
	for range 150 {
		for c := range 22 {
			voices += fmt.Sprintf("%.5f", float64(c)+rng.NormFloat64()) + map[bool]string{true: ",", false: "\n"}[c < 21]
		}
	}
	raw("real/parkinsons_updrs.data", []byte(voices))
	write("power/data.npy", fill(200, 8, func(_, c int) float64 { return float64(100*c) + math.Round(50*rng.Float64()) }))
	write("miniboone/data.npy", fill(120, 43, normal))
	var text strings.Builder
	for range 400 {
		for c := range 19 {
			fmt.Fprintf(&text, "%.2f ", 100*float64(c)+rng.NormFloat64())
		}
		text.WriteByte('\n')
	}
	raw("gas/ethylene_CO.txt", []byte(text.String()))
	for _, name := range []string{"1000_train.csv", "1000_test.csv"} {
		text.Reset()
		text.WriteString("# label")
		for c := range 21 {
			fmt.Fprintf(&text, ",f%d", c)
		}
		for range 80 {
			text.WriteString("\n1")
			for range 21 {
				fmt.Fprintf(&text, ",%.6f", rng.NormFloat64())
			}
		}
		raw("hepmass/"+name, []byte(text.String()+"\n"))
	}
	pixels := func(n int) []byte {
		p := make([]byte, n)
		for i := range p {
			if rng.IntN(3) > 0 { // most are black or white
				p[i] = byte(255 * rng.IntN(2))
			} else {
				p[i] = byte(rng.IntN(256))
			}
		}
		return p
	}
	for part, n := range map[string]uint32{"train": 36, "t10k": 12} {
		labels := make([]byte, n)
		for i := range labels {
			labels[i] = byte(i % 10)
		}
		raw("mnist/"+part+"-images-idx3-ubyte", datatest.IDX(8, pixels(int(n)*784), n, 28, 28))
		raw("mnist/"+part+"-labels-idx1-ubyte", datatest.IDX(8, labels, n))
	}
	for _, file := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		var b []byte
		for i := range 6 {
			b = append(append(b, byte(i)), pixels(3072)...)
		}
		raw("cifar10/"+file+".bin", b)
	}
	grey := fill(300, 4, func(int, int) float64 { return float64(rng.IntN(16)) })
	write("grey.csv", grey)
	write("unit.npy", fill(300, 4, func(int, int) float64 {
		return []float64{0, 1, rng.Float64(), rng.Float64()}[rng.IntN(4)]
	}))
	mixed := fill(300, 6, func(_, c int) float64 { return 1e6*float64(c) + rng.NormFloat64() })
	mixed.Columns = []string{"a", "note", "b", "c", "x", "y"}
	for i := range mixed.Rows() {
		mixed.SetText(i, 1, "none")
	}
	write("mixed.csv", mixed)
	var classes []any
	for _, split := range []string{"train", "valid", "test"} {
		x, labels := make([]float32, 40*5), make([]float32, 40)
		for i := range x {
			x[i] = float32(rng.IntN(16))
		}
		for i := range labels {
			labels[i] = float32(i % 3)
		}
		classes = append(classes, split+".npy", datatest.NPYFloat32(40, 5, x...), split+"_labels.npy", datatest.NPYFloat32(40, 1, labels...))
	}
	raw("classes.npz", datatest.NPZ(zip.Deflate, classes...))
}
