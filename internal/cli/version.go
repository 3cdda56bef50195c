package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
)

func (a *app) versionCommand() *cobra.Command {
	var licences bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of maskflow and of what it is built from",
		RunE: func(*cobra.Command, []string) error {
			if licences {
				return a.print("%s", maskflow.Notice())
			}
			return a.version()
		},
	}
	jsonFlag(c, &a.json)
	c.Flags().BoolVar(&licences, "licences", false, "print the licences of what is linked in")
	c.Args = func(c *cobra.Command, args []string) error {
		return cmp.Or(exclusive(c, "json", "licences"), takes()(c, args))
	}
	return c
}

func (a *app) version() error {
	b := backend.Built()
	simd, xla := "off (build with GOEXPERIMENT=simd for a faster Go backend)", "not built in (needs cgo with a C compiler)"
	if b.SIMD {
		simd = "on"
	}
	if b.XLA {
		xla = "built in"
	}
	return a.show(struct {
		Maskflow string `json:"maskflow"`
		backend.Build
	}{maskflow.Version, b}, fmt.Sprintf("maskflow  %s\nGo        %s %s\nGoMLX     %s\ngo-xla    %s\nSIMD      %s\nXLA       %s\n",
		maskflow.Version, b.Go, b.Platform, cmp.Or(b.GoMLX, "unknown"), cmp.Or(b.GoXLA, "unknown"), simd, xla))
}
