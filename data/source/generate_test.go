package source

import (
	"context"
	"fmt"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

func TestGeneratorsRefuse(t *testing.T) {
	_, err := Load(context.Background(), data.Options{Source: "connect4", Labels: true})
	datatest.WantError(t, err, "connect4", "no labels")
	_, err = Load(context.Background(), data.Options{Source: "connect4", Array: "train"})
	datatest.WantError(t, err, "connect4", `no array "train"`)
}

// The generator gives the rows of the UCI set: its own three splits together
// hold each row of the file's once.
func TestConnect4IsUCI(t *testing.T) {
	rows := func(source string) map[string]int {
		s, err := Load(context.Background(), data.Options{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, n := range s.Sets() {
			for i := range n.Set.Rows {
				seen[fmt.Sprint(n.Set.Row(i))]++
			}
		}
		return seen
	}
	want, got := rows(datatest.File(t, "binary/connect4.npz")), rows("connect4")
	if len(want) != 67557 || len(got) != 67557 {
		t.Fatalf("%d distinct rows in the file, %d generated, want 67557", len(want), len(got))
	}
	for row := range got {
		if want[row] != 1 {
			t.Fatalf("the file has not %s", row)
		}
	}
}
