package reproduce

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/configs"
)

// widths are those of the data, which need not be at hand.
var widths = map[string]int{"maf-bsds300": 63, "maf-toy": 2, "iaf-energies": 2, "iaf-vae": 784, "wine-red": 11, "wine-white": 11, "sbi-two-moons": 2, "sbi-slcp": 5, "eonade": 1, "eornade": 11,
	"made-adult": 123, "made-connect4": 126, "made-dna": 180, "made-mushrooms": 112, "made-nips": 500, "made-ocr_letters": 128}

// A figure of these experiments has data of its own.
var ownWidths = map[string]int{"adult": 123, "connect4": 126, "dna": 180, "mushrooms": 112, "nips": 500, "ocr_letters": 128, "plants": 69, "nltcs": 16,
	"jester": 100, "binarized_mnist": 784, "parkinsons": 15}

// Every training of every experiment is a preset that resolves, whole and
// shortened, to a model that can be made; run directories are told apart.
func TestExperimentsResolve(t *testing.T) {
	all := Experiments()
	if len(all) != len(widths) {
		t.Errorf("%d experiments, want %d", len(all), len(widths))
	}
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			dim, ok := widths[e.Name]
			if !ok || e.About == "" || len(e.Data) == 0 || len(e.Figures) == 0 {
				t.Fatalf("%+v", e)
			}
			for _, s := range e.Data {
				if s.Name == "" || s.From == "" {
					t.Errorf("source %+v", s)
				}
			}
			commands := map[string]string{}
			for _, f := range e.Figures {
				if f.What == "" || f.Unit == "" || f.measure == nil || f.Published != "" && f.Source == "" {
					t.Errorf("figure %+v", f)
				}
				for _, training := range f.Trainings {
					if before, ok := commands[training.Name]; ok && before != training.Command() {
						t.Errorf("%s are two trainings: %s and %s", training.Name, before, training.Command())
					}
					commands[training.Name] = training.Command()
					for _, quick := range []bool{false, true} {
						c, err := training.Resolve(quick)
						if err != nil {
							t.Fatal(err)
						}
						if quick != (c.Train.MaxSteps == 20) {
							t.Errorf("%s: %d steps", training.Name, c.Train.MaxSteps)
						}
						own, _, _ := strings.Cut(training.Name, "-fold")
						if _, err := c.NewModel(cmp.Or(ownWidths[own], dim), 0); err != nil {
							t.Errorf("%s: %v", training.Name, err)
						}
					}
				}
			}
		})
	}
}

func TestByName(t *testing.T) {
	if e, err := ByName("maf-toy"); err != nil || e.Name != "maf-toy" {
		t.Errorf("%v, %v", e.Name, err)
	}
	if _, err := ByName("maf"); err == nil || !strings.Contains(err.Error(), "maf-bsds300, maf-toy, iaf-energies, iaf-vae, wine-red") {
		t.Errorf("%v", err)
	}
	if _, err := (Training{Config: "nosuch"}).Resolve(false); err == nil || !strings.Contains(err.Error(), "no preset nosuch") {
		t.Errorf("%v", err)
	}
}

// The toys of maf-toy are those that the header of a preset of their name
// describes, all of them.
func TestEveryToyIsReproduced(t *testing.T) {
	files, err := configs.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var presets []string
	for _, f := range files {
		presets = append(presets, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	splines := 0
	for _, f := range mafToy().Figures {
		if strings.HasSuffix(f.What, "splines") {
			splines++
			if !slices.Contains(presets, f.Trainings[0].Config) {
				t.Errorf("no preset %s", f.Trainings[0].Config)
			}
		}
	}
	if splines != 7 {
		t.Errorf("%d toys", splines)
	}
}

func TestCommand(t *testing.T) {
	training := Training{Config: "dna", Sets: []string{"train.batch=50", "model={type: made, hidden: [5]}"}}
	if got, want := training.Command(), "maskflow train dna --set train.batch=50 --set 'model={type: made, hidden: [5]}'"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
