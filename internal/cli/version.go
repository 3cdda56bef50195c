package cli

import (
	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
)

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of maskflow and of what it is built from",
		Long:    "version prints the versions of maskflow, Go, GoMLX and its XLA binding, and what\nthis program was built with.",
		Example: "  maskflow version\n  maskflow version --json",
		Args:    takes(0),
		RunE:    func(*cobra.Command, []string) error { return a.version(asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) version(asJSON bool) error {
	b := backend.Built()
	if asJSON {
		return a.writeJSON(struct {
			Maskflow string `json:"maskflow"`
			backend.Build
		}{maskflow.Version, b})
	}
	simd, xla := "off (build with GOEXPERIMENT=simd for a faster Go backend)", "not built in (needs cgo with a C compiler)"
	if b.SIMD {
		simd = "on"
	}
	if b.XLA {
		xla = "built in"
	}
	return a.print("maskflow  %s\nGo        %s %s\nGoMLX     %s\ngo-xla    %s\nSIMD      %s\nXLA       %s\n",
		maskflow.Version, b.Go, b.Platform, known(b.GoMLX), known(b.GoXLA), simd, xla)
}

func known(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}
