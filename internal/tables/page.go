package main

import (
	"fmt"
	"strings"
)

// page is what docs/defaults.md says.
func page(played [][]figure) string {
	var b strings.Builder
	b.WriteString("# How the defaults were chosen\n\n`make tables` trains what is below and writes this page.\n")
	for k, figures := range played {
		r := rounds[k]
		fmt.Fprintf(&b, "\n## Round %d: %d candidates, %d steps, %d seeds\n\n| candidate | mean | %s |\n|---|---|%s\n", k+1, len(figures), r.steps, r.seeds,
			strings.Join(chosenOn[:r.tables], " | "), strings.Repeat("---|", r.tables))
		for _, f := range figures {
			fmt.Fprintf(&b, "| %s | %.3f |", f.name, f.mean(""))
			for _, table := range chosenOn[:r.tables] {
				fmt.Fprintf(&b, " %.3f |", f.behind[table])
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
