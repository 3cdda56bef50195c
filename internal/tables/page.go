package main

import (
	"fmt"
	"strings"
)

const pageBegins = `# How the defaults were chosen

` + "`make tables`" + ` trains what is below and writes this page. Rows that a training by default tests with are not read: of the
others, %.0f %% are trained with, %.0f %% choose an epoch, and settings are compared by the rest, divided anew for each seed. A
figure is how many nats for each variable a candidate is behind the best one of the round on that table, %d at most, which a
training that diverged has. Each round keeps the best by the mean over its tables.
`

// page is what docs/defaults.md says of rounds that were played.
func page(played [][]figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, pageBegins, 100*within[0], 100*within[1], worst)
	for k, figures := range played {
		r := rounds[k]
		fmt.Fprintf(&b, "\n## Round %d: %d candidates, %d steps, seeds 1 to %d\n\n| candidate | mean | %s |\n|---|---|%s\n", k+1, len(figures), r.steps, r.seeds,
			strings.Join(chosenOn[:r.tables], " | "), strings.Repeat("---|", r.tables))
		for _, f := range figures {
			fmt.Fprintf(&b, "| %s | %.3f |", f.name, f.mean(""))
			for _, table := range chosenOn[:r.tables] {
				fmt.Fprintf(&b, " %.3f |", f.behind[table])
			}
			b.WriteString("\n")
		}
	}
	if len(played) == 0 {
		return b.String()
	}
	last := played[len(played)-1]
	if len(played) > 1 && len(last) < 2 { // what is chosen of one is no choice
		last = played[len(played)-2]
	}
	fmt.Fprintf(&b, "\n## The choice\n\n%s:\n\n```\n%s\n```\n\nWith one table left out, the others choose, and are behind on it:\n\n| left out | chosen | behind |\n|---|---|---|\n",
		last[0].name, strings.Join(last[0].sets(), "\n"))
	for _, table := range chosenOn {
		best := last[0]
		for _, f := range last {
			if f.mean(table) < best.mean(table) {
				best = f
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %.3f |\n", table, best.name, best.behind[table])
	}
	return b.String()
}
