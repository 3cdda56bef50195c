package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// fields calls visit with the path in Go (Train.Optimizer.Epsilon) and the address of every field of c that is no section.
func fields(c *Config, visit func(path string, p any)) {
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			path := strings.TrimPrefix(prefix+"."+v.Type().Field(i).Name, ".")
			if f := v.Field(i); f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[Order]() {
				walk(path, f)
			} else {
				visit(path, f.Addr().Interface())
			}
		}
	}
	walk("", reflect.ValueOf(c).Elem())
}

func snakeCase(path string) string {
	path = strings.ReplaceAll(path, "EMA", "Ema")
	var b strings.Builder
	for i, r := range path {
		if unicode.IsUpper(r) && i > 0 && path[i-1] != '.' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func TestEveryFieldHasItsKey(t *testing.T) {
	c := &Config{}
	keyOf := map[any]string{}
	for _, k := range table {
		if other := keyOf[k.at(c)]; other != "" {
			t.Errorf("%s and %s share a field", other, k.path)
		}
		keyOf[k.at(c)] = k.path
	}
	count := 0
	fields(c, func(path string, p any) {
		count++
		want := snakeCase(path)
		if want == "model.conditioning" {
			want = "model.conditioning_weights"
		}
		if keyOf[p] != want {
			t.Errorf("field %s has the key %q, want %q", path, keyOf[p], want)
		}
	})
	if count != len(table) {
		t.Errorf("%d fields and %d keys", count, len(table))
	}
}

// The comments in config.go and the table say the same, so that neither can be forgotten when the other changes.
func TestCommentsOfFieldsAreThoseOfTheTable(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{
		"Config": "", "Data": "data", "Model": "model", "Orders": "model.orders", "Train": "train",
		"Optimizer": "train.optimizer", "Schedule": "train.schedule", "Anneal": "train.anneal", "Eval": "eval",
	}
	docs := map[string]Key{}
	for _, k := range Keys() {
		docs[k.Path] = k
	}
	checked := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			name := field.Names[0].Name
			path := join(sections[spec.Name.Name], snakeCase(name))
			if name == "Conditioning" {
				path = "model.conditioning_weights"
			}
			k, ok := docs[path]
			if !ok {
				continue // a section
			}
			checked++
			comment := strings.Join(strings.Fields(field.Doc.Text()), " ")
			if !strings.HasPrefix(comment, name+" ") || !strings.Contains(comment, k.Doc) {
				t.Errorf("%s.%s: the comment %q does not say %q", spec.Name.Name, name, comment, k.Doc)
			}
			if k.Default != "" && !strings.Contains(comment, "Default: "+k.Default) {
				t.Errorf("%s.%s: the comment %q does not say that the default is %s", spec.Name.Name, name, comment, k.Default)
			}
		}
		return false
	})
	if checked != len(table) {
		t.Errorf("checked %d comments, want %d", checked, len(table))
	}
}

func TestDefaultsAreValid(t *testing.T) {
	for _, optimizer := range optimizerNames {
		for _, schedule := range byPath["train.schedule.name"].values {
			c := Default()
			c.Data.Source = "banana"
			c.Train.MaxSteps = 1000
			c.Train.Optimizer = Optimizer{Name: optimizer}
			c.Train.Schedule = Schedule{Name: schedule}
			if err := c.Validate(); err != nil {
				t.Errorf("%s, %s: %v", optimizer, schedule, err)
			}
		}
	}
}

// Were a zero allowed where the default is another value, a file that says 0 could not be told from a Config that says nothing.
func TestZeroIsTheDefaultOrRefused(t *testing.T) {
	for _, name := range optimizerNames {
		for i := range table {
			k := &table[i]
			c := Default()
			c.Train.Optimizer = Optimizer{Name: name}
			c.Train.Schedule = Schedule{Name: "plateau"}
			c.Resolve()
			p := k.at(c)
			if !k.used(c) || isZero(p) || k.keepZero {
				continue
			}
			assign(p, nil)
			if _, text := p.(*string); text && c.own(k) != nil {
				continue
			}
			switch p.(type) {
			case **uint64, *[]int:
				continue // nil differs from every value
			}
			if c.own(k) == nil {
				t.Errorf("%s (%s): a zero is accepted, but the default is another value", k.path, name)
			}
		}
	}
}

func TestKeysDocumentTheTable(t *testing.T) {
	keys := Keys()
	seen := map[string]bool{}
	for _, k := range keys {
		if k.Doc == "" || k.Type == "" || k.Default == "" && k.Path != "data.source" {
			t.Errorf("%+v lacks something", k)
		}
		if seen[k.Path] {
			t.Errorf("%s is there twice", k.Path)
		}
		seen[k.Path] = true
	}
	for path, want := range map[string]string{
		"train.optimizer.learning_rate": "1 (adadelta), 0.01 (adagrad, sgd), 0.001 (adam, adamw)",
		"train.optimizer.weight_decay":  "0 (adadelta, adagrad, adam, sgd), 0.01 (adamw)",
		"train.schedule.warm_up":        "0",
		"data.seed":                     "1",
	} {
		if got := byPath[path].defaultText(); got != want {
			t.Errorf("default of %s is %q, want %q", path, got, want)
		}
	}
}
