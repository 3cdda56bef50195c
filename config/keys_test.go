package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
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

// variants calls visit with a resolved configuration for every value of every key that decides about others, and what it has set.
func variants(visit func(name string, c *Config)) {
	for i := range table {
		for _, s := range table[i].selections() {
			c := s.config
			c.Data.Source = "banana"
			c.Resolve()
			visit(table[i].path+" with "+s.name, c)
		}
	}
}

func TestDefaultsAreValid(t *testing.T) {
	variants(func(name string, c *Config) {
		c.Train.MaxSteps = 1000
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
}

// Were a zero allowed where the default is another value, a file that says 0 could not be told from a Config that says nothing.
func TestZeroIsTheDefaultOrRefused(t *testing.T) {
	variants(func(name string, c *Config) {
		for i := range table {
			k := &table[i]
			c := c.resolved()
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
	})
}

// A file is resolved from top to bottom, so what decides about a key has to be known before.
func TestSelectorsStandAboveWhatTheySelect(t *testing.T) {
	above := map[string]bool{}
	for i := range table {
		k := &table[i]
		for _, path := range k.selectors() {
			if !above[path] {
				t.Errorf("%s stands above %s, which decides about it", k.path, path)
			}
		}
		for _, u := range k.only {
			for _, value := range u.values {
				if s := byPath[u.selector]; !slices.Contains(s.values, value) {
					t.Errorf("%s is used with %s %q, which is none of its values", k.path, s.path, value)
				}
			}
		}
		above[k.path] = true
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
		"model.degrees":                 "sampled (made), sequential (maf, iaf, posterior iaf)",
		"model.order":                   "random (made), natural (maf, iaf, posterior iaf)",
		"model.layers":                  "5 (maf, iaf), 4 (posterior iaf)",
		"model.components":              "10 (output mog, base mog)",
		"model.init":                    "orthogonal (made), lecun (maf, iaf, vae)",
		"model.bins":                    "8 (transform spline)",
		"data.seed":                     "1",
	} {
		if got := byPath[path].defaultText(); got != want {
			t.Errorf("default of %s is %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string][]string{
		"train.batch":           nil,
		"train.optimizer.beta1": {"train.optimizer.name adam or adamw"},
		"model.layers":          {"model.type maf or iaf", "model.posterior iaf"},
	} {
		at := slices.IndexFunc(keys, func(k Key) bool { return k.Path == path })
		if got := keys[at].For; !slices.Equal(got, want) {
			t.Errorf("%s is for %q, want %q", path, got, want)
		}
	}
}
