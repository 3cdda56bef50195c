package option

import (
	"slices"
	"testing"
)

type column struct {
	Name, Kind string
	Min        *float64
	Atoms      []float64
}

func (c *column) Table() Table {
	return Table{
		WordsOrNone("kind", &c.Kind, "what it is", "integer", "real").Alone().Default("guessed"),
		Of("min", &c.Min, nil, "bound").Default("none"),
		Of("atoms", &c.Atoms, nil, "numbers").Default("guessed"),
		Rule(func(report Report) {
			if c.Kind == "" && c.Min != nil {
				report("a bound needs a kind", "min", "kind")
			}
		}),
	}
}

func ofColumns(columns *[]column) Table {
	return Table{Section("data", Table{Each("columns", columns, func(c *column) *string { return &c.Name }, (*column).Table, "columns")})}
}

// The entries stand in their order, each with what is set.
func TestEntriesAsText(t *testing.T) {
	columns := []column{{Name: "size", Kind: "real"}, {Name: "a.b c", Kind: "integer", Min: new(0.0)}, {Name: "2", Atoms: []float64{}}, {Name: "on"}}
	key := Flatten(ofColumns(&columns)).At("data.columns")
	want := `{size: real, "a.b c": {kind: integer, min: 0}, "2": {atoms: []}, "on": {}}`
	if got := key.Text(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	entries := key.Field().(Entries)
	entries.Entry("new")
	if got := entries.Names(); !slices.Equal(got, []string{"size", "a.b c", "2", "on", "new"}) || len(columns) != 5 {
		t.Errorf("the names are %q", got)
	}
}

func TestProblemsOfEntries(t *testing.T) {
	columns := []column{{Name: "a", Kind: "rael"}, {Name: "b", Min: new(1.0)}, {Name: "c", Kind: "real", Atoms: []float64{1}}}
	problems := Flatten(ofColumns(&columns)).Check(map[string]bool{})
	var paths []string
	for _, p := range problems {
		paths = append(paths, p.Paths[0])
	}
	if want := []string{"data.columns.a.kind", "data.columns.b.min"}; !slices.Equal(paths, want) {
		t.Errorf("problems at %q, want %q", paths, want)
	}
	if again := Flatten(ofColumns(&columns)).Check(map[string]bool{"data.columns.a": true, "data.columns.b.kind": true}); again != nil {
		t.Errorf("what is bad already has more problems: %v", again)
	}
}

func TestEntriesAreDocumented(t *testing.T) {
	var columns []column
	docs := Document(ofColumns(&columns))
	if len(docs) != 1 || !slices.Equal(Names(docs[0].Keys, func(d Doc) string { return d.Path + " " + d.Default }), []string{"kind guessed", "min none", "atoms guessed"}) || columns != nil {
		t.Errorf("got %+v, of %v", docs, columns)
	}
}
