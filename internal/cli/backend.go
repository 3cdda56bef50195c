package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/text"
)

func (a *app) backendCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "backend",
		Short: "List, install and diagnose compute backends: XLA plugins and the Go backend",
		Long: `backend lists, installs and diagnoses compute backends. The Go backend is built in;
XLA needs a PJRT plugin, a shared library that "backend install" fetches.`,
		Example: "  maskflow backend install\n  maskflow backend doctor",
	}
	asGroup(c)
	c.AddCommand(a.backendListCommand(), a.backendInstallCommand(), a.backendDoctorCommand())
	return c
}

func (a *app) backendListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the plugins that are found, in the order in which they are tried",
		Long:  `list does not load the plugins: what it knows beyond the files is from earlier trials.`,
		RunE: func(*cobra.Command, []string) error {
			plugins := backend.List()
			text := "no XLA plugin found (run: maskflow backend install)\n"
			if len(plugins) > 0 {
				text = pluginsText(plugins)
			}
			return a.show(map[string]any{"plugins": plugins}, text)
		},
	}
	jsonFlag(c, &a.json)
	return c
}

func pluginsText(plugins []backend.PluginInfo) string {
	t := newTable("kind", "from", "PJRT", ">size", "plugin")
	for _, p := range plugins {
		from := p.Source
		if p.Installed != nil && !p.Installed.Pinned {
			from += ", not pinned"
		}
		t.add(p.Kind, from, cmp.Or(p.API, "untried"), megabytes(p.Size), p.Path)
	}
	text := t.String()
	for _, p := range plugins {
		if p.Problem != "" {
			text += fmt.Sprintf("refused: %s: %s\n", p.Path, p.Problem)
		}
	}
	return text
}

func (a *app) backendInstallCommand() *cobra.Command {
	var o backend.InstallOptions
	c := &cobra.Command{
		Use:   "install",
		Short: "Install an XLA plugin",
		Long: `install puts an XLA plugin where it is found. Without --from, pip fetches a wheel
of a known version whose hash must be the known one; of a file of --from its SHA-256 is
printed, and whether it is the pinned plugin. The plugin is tried in a child process
before it takes its place. What is in place already is left alone, and what an install
left that was killed is removed.`,
		Example: `  maskflow backend install
  maskflow backend install --cuda
  maskflow backend install --from pjrt_c_api_cpu_plugin.so`,
		RunE: func(c *cobra.Command, _ []string) error { return a.install(c.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.From, "from", "", "install this plugin or wheel (with --cuda: folder of wheels) instead of fetching one")
	f.BoolVar(&o.CUDA, "cuda", false, "the plugin for NVIDIA devices (2.5 GB to fetch)")
	f.BoolVar(&o.Force, "force", false, "install again what is in place")
	jsonFlag(c, &a.json)
	return c
}

func (a *app) install(ctx context.Context, o backend.InstallOptions) error {
	if !a.json {
		o.Progress = a.console
	}
	backend.QuietLogs(io.Discard)
	in, err := backend.Install(ctx, o)
	if err != nil {
		return err
	}
	what := in.Kind + " plugin"
	if in.Package != "" {
		what += " of " + in.Package + " " + in.Version
	}
	if in.API != "" {
		what += ", PJRT " + in.API
	}
	verb := "installed"
	if in.Already {
		verb = "in place already"
	}
	whose := "the pinned plugin"
	if !in.Pinned {
		whose = "not the pinned plugin: where it is from is for you to know"
	}
	return a.show(struct {
		*backend.Installed
		Already bool `json:"already"`
	}{in, in.Already}, fmt.Sprintf("%s: %s, %s\n%s\nSHA-256 %s, %s\n", verb, what, megabytes(in.Size), in.Path, in.SHA256, whose))
}

func (a *app) backendDoctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Try every backend and report what would make it faster",
		Long:  `doctor reports which backend "auto" opens and why, and times products of matrices.`,
		RunE: func(c *cobra.Command, _ []string) error {
			backend.QuietLogs(io.Discard)
			a.console.show("trying the backends …")
			r, err := backend.Doctor(c.Context())
			a.console.clear()
			if err != nil {
				return err
			}
			return a.show(r, reportText(r))
		},
	}
	jsonFlag(c, &a.json)
	return c
}

func reportText(r *backend.Report) string {
	b := listing{width: 9}
	yes := func(on bool, then, otherwise string) string {
		if on {
			return then
		}
		return otherwise
	}
	platform := fmt.Sprintf("%s %s, %s", r.Go, r.Platform, text.Count(r.Threads, "thread"))
	if r.GLIBC != "" {
		platform += ", glibc " + r.GLIBC
	}
	b.add("program", "%s", platform)
	b.add("SIMD", "%s; the processor has %s", yes(r.SIMD, "on", "off"), yes(r.Vector == "none", "neither AVX2 nor AVX-512", r.Vector))
	b.add("XLA", "%s; %s", yes(r.XLA, "built in", "not built in"),
		yes(r.PluginDir != "", "plugins are installed in "+r.PluginDir, "there is no home folder to install plugins in (set XDG_DATA_HOME)"))
	b.add("NVIDIA", "%s", cmp.Or(strings.Join(r.GPUs, "; "), yes(r.NVIDIA, "there is a device", "no device")))
	b.add("auto", "%s", yes(r.Auto != "", r.Auto+": "+r.Reason, r.Reason))
	if len(r.Plugins) > 0 {
		b.WriteString("\n" + pluginsText(r.Plugins))
	}
	t := newTable("backend", "product", ">GFLOP/s", "")
	for _, s := range r.Speeds {
		speed := fmt.Sprintf("%.0f", s.GFLOPS)
		if s.Error != "" {
			speed = "-"
		}
		t.add(s.Backend, fmt.Sprintf("[%d, %d] · [%d, %d]", s.M, s.K, s.K, s.N), speed, s.Error)
	}
	b.WriteString("\n" + t.String())
	if len(r.Advice) > 0 {
		b.WriteString("\n")
		for _, advice := range r.Advice {
			b.add("advice", "%s", advice)
		}
	}
	return b.String()
}
