package data_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
)

// A preparation in which a stranger changed a value is refused, or works as any other.
func TestForgedPreparations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	text.WriteString("site,hour,height,price,x,born\n")
	for range 200 {
		height, price := "", 0.
		if rng.IntN(5) > 0 {
			height = fmt.Sprint(float64(rng.IntN(100)) / 10)
		}
		if rng.IntN(3) > 0 {
			price = rng.NormFloat64()
		}
		fmt.Fprintf(&text, "%s,%d,%s,%v,%v,2020-%02d-13\n", []string{"n", "s", "e"}[rng.IntN(3)], rng.IntN(24), height, price, rng.NormFloat64(), 1+rng.IntN(12))
	}
	table, err := format.ReadCSV(strings.NewReader(text.String()), "rows", format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	leaf := regexp.MustCompile(`[:,\[]("(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|\[[0-9, ]*\])`)
	values := []string{"0", "-1", "1e308", "1e-320", "9223372036854775807", "null", "true", `"x"`, `""`, "[]", "{}", "0.5", "[0,-1]", "3", "1e6",
		`"categorical"`, `"real"`, `"integer"`, `"circular"`, `"date"`, `"context"`, `"weight"`, `"spline"`, `"logit"`, `"log"`}
	for _, o := range []data.Options{
		{Columns: data.Schema{{Name: "site", Role: data.ContextRole}, {Name: "height", Role: data.ContextRole}}},
		{Columns: data.Schema{{Name: "hour", Kind: data.Circular, Period: 24}, {Name: "x", Role: data.ContextRole}}, Marginal: "spline"},
	} {
		s, err := data.Split(table, o)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := json.Marshal(s.Prep)
		if err != nil {
			t.Fatal(err)
		}
		taken := 0
		for _, at := range leaf.FindAllSubmatchIndex(whole, -1) {
			for _, v := range values {
				forged := slices.Concat(whole[:at[2]], []byte(v), whole[at[3]:])
				var p data.Preparation
				if json.Unmarshal(forged, &p) != nil {
					continue
				}
				taken++
				func() {
					defer func() {
						if r := recover(); r != nil {
							t.Errorf("%s for %s: %v", v, whole[max(0, at[2]-60):at[3]], r)
						}
					}()
					p.Modelled()
					x := make([]float32, 5*p.Dim())
					for i := range x {
						x[i] = float32(i%11) - 2
					}
					for _, p := range []*data.Preparation{&p, p.As(data.Reading{HolesUnknown: true, LevelsUnknown: true, ByPosition: true})} {
						_, _ = p.Apply(table)
						_, _ = p.UndoWith(x, nil)
						p.Warnings(table, true)
					}
				}()
			}
		}
		if taken == 0 {
			t.Error("all were refused")
		}
		t.Log(taken, len(whole))
	}
}
