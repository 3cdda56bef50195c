package backend

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/klog/v2"
)

// EnvBackend names the environment variable that is used for an empty spec.
const EnvBackend = "MASKFLOW_BACKEND"

// Options are the settings of Open. The zero value is the default.
type Options struct {
	// TF32 lets CUDA round the factors of float32 products to 10 bits of
	// mantissa. It is off by default because likelihoods need the other 13.
	TF32 bool
}

// Open opens the backend that spec names:
//
//	auto               XLA where a plugin is found, else the Go backend; Backend.Reason says why
//	go                 the Go backend
//	xla                XLA on the CPU, with the first plugin found
//	xla:/abs/plugin.so XLA with this plugin
//	cuda               XLA on an NVIDIA device, with the first CUDA plugin found
//	cuda:/abs/plugin.so
//
// An empty spec means $MASKFLOW_BACKEND and, when that is empty too, auto. What
// is asked for by name fails rather than falls back, with ErrNoPlugin in the
// chain when there is no plugin to try. The context bounds the trial of a
// plugin in a child process, not the opening itself.
func Open(ctx context.Context, spec string, o Options) (*Backend, error) {
	spec = cmp.Or(spec, os.Getenv(EnvBackend), "auto")
	b, err := open(ctx, spec, o)
	if err != nil {
		return nil, fmt.Errorf("opening backend %s: %w", spec, err)
	}
	return b, nil
}

func open(ctx context.Context, spec string, o Options) (*Backend, error) {
	kind, path, hasPath := strings.Cut(spec, ":")
	switch {
	case kind == "auto" && !hasPath:
		return openAuto(ctx, o)
	case kind == KindGo && !hasPath:
		return openGo()
	case (kind == KindXLA || kind == KindCUDA) && !hasPath:
		return openFound(ctx, kind, o)
	case kind == KindXLA || kind == KindCUDA:
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("plugin path %q is not absolute", path)
		}
		return openPlugin(ctx, kind, path, o)
	}
	return nil, ErrUnknown
}

// openAuto prefers XLA on the CPU. CUDA is never chosen unasked.
func openAuto(ctx context.Context, o Options) (*Backend, error) {
	b, xlaErr := openFound(ctx, KindXLA, o)
	if xlaErr == nil {
		b.Reason = strings.TrimSuffix("XLA plugin found; "+b.Reason, "; ")
		return b, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	b, err := openGo()
	if err != nil {
		return nil, err
	}
	b.Reason = xlaErr.Error()
	return b, nil
}

// openFound opens the first plugin of the kind that can be opened. The error, or
// the reason for another plugin, is the first one's, which was meant to serve.
func openFound(ctx context.Context, kind string, o Options) (*Backend, error) {
	if err := usable(kind); err != nil {
		return nil, err
	}
	candidates := findPlugins(kind)
	if len(candidates) == 0 {
		flag := map[string]string{KindCUDA: " --cuda"}[kind]
		return nil, fmt.Errorf("%s: %w (run: maskflow backend install%s)", strings.ToUpper(kind), ErrNoPlugin, flag)
	}
	var first error
	for _, c := range candidates {
		b, err := openPlugin(ctx, kind, c.Path, o)
		if err == nil {
			if first != nil {
				b.Reason = "passed over " + first.Error()
			}
			return b, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func openPlugin(ctx context.Context, kind, path string, o Options) (*Backend, error) {
	path = filepath.Clean(path)
	if kindOfFile(filepath.Base(path)) == KindCUDA {
		kind = KindCUDA
	}
	if err := usable(kind); err != nil {
		return nil, err
	}
	p := PluginInfo{Path: path, Kind: kind}
	if err := p.vet(ctx, false); err != nil {
		return nil, fmt.Errorf("plugin %s %w", path, err)
	}
	b, err := loadPlugin(kind, path, o)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", path, err)
	}
	return b, nil
}

// QuietLogs sends the log of GoMLX and of the plugin's binding (klog, by
// default on standard error) to w; io.Discard drops it. What the plugin itself
// writes goes to the file descriptor of standard error, see CaptureStderr;
// GoMLX already keeps it down to fatal errors unless $TF_CPP_MIN_LOG_LEVEL is
// set. The setting is global to the process and is made before Open.
func QuietLogs(w io.Writer) {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if err := flags.Parse([]string{"-logtostderr=false", "-alsologtostderr=false", "-stderrthreshold=FATAL"}); err != nil {
		panic(err) // The flags are klog's own.
	}
	klog.SetOutput(w)
}
