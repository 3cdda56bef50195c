package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

const pageBegins = `# How the defaults were chosen

` + "`make tables`" + ` trains what is below and writes this page. Rows that a training by default tests with are not read: of the
others, %.0f %% are trained with, %.0f %% choose an epoch, and settings are compared by the rest, divided anew for each seed. A
figure is how many nats for each variable a candidate is behind the best one of the round on that table, %d at most, which a
training that diverged has. Each round keeps the best by the mean over its tables, and the candidate that the search began
with, which stays unless it is beaten. A choice whose search has not ended is not here.
`

// page is what docs/defaults.md says of the rounds of each choice that were played.
func page(played [][][]figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, pageBegins, 100*within[0], 100*within[1], worst)
	for i, rounds := range played {
		if len(rounds) > 0 {
			choices[i].page(&b, rounds)
		}
	}
	return b.String()
}

func (of choice) page(b *strings.Builder, played [][]figure) {
	fmt.Fprintf(b, "\n## %s\n", of.name)
	for k, figures := range played {
		r := of.rounds[k]
		tables := of.read(r)
		fmt.Fprintf(b, "\n%d candidates, %d steps, %s:\n\n| candidate | mean | %s |\n|---|---|%s\n", len(figures), r.steps, text.Count(r.seeds, "seed"),
			strings.Join(tables, " | "), strings.Repeat("---|", len(tables)))
		for _, f := range figures {
			fmt.Fprintf(b, "| %s | %.3f |", f.name, f.mean(""))
			for _, table := range tables {
				fmt.Fprintf(b, " %.3f |", f.behind[table])
			}
			b.WriteString("\n")
		}
	}
	last := played[len(played)-1]
	chosen, ahead, se := of.chosen(last)
	switch said := fmt.Sprintf("ahead of %s by %.4f ± %.4f nats a variable", of.beginning.name, ahead, 2*se); {
	case ahead == 0:
		fmt.Fprintf(b, "\nThe best, %s, is chosen:", chosen.name)
	case chosen.name == of.beginning.name:
		fmt.Fprintf(b, "\nThe best, %s, is %s, within twice its standard error over tables and seeds: %s is chosen:", last[0].name, said, chosen.name)
	default:
		fmt.Fprintf(b, "\nThe best, %s, is %s, and is chosen:", last[0].name, said)
	}
	fmt.Fprintf(b, "\n\n```\n%s\n```\n", strings.Join(chosen.sets(), "\n"))
	if len(last[0].behind) < 2 {
		return
	}
	b.WriteString("\nWith one table left out, the others choose, and what they choose is behind on it:\n\n| left out | chosen | behind |\n|---|---|---|\n")
	for _, table := range slices.Sorted(maps.Keys(last[0].behind)) {
		best := last[0]
		for _, f := range last {
			if f.mean(table) < best.mean(table) {
				best = f
			}
		}
		fmt.Fprintf(b, "| %s | %s | %.3f |\n", table, best.name, best.behind[table])
	}
}
