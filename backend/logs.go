package backend

import (
	"flag"
	"io"

	"k8s.io/klog/v2"
)

// QuietLogs sends the log of GoMLX and of the plugin's binding (klog, by
// default on standard error) to w; io.Discard drops it. What the plugin itself
// writes goes to the file descriptor of standard error, see CaptureStderr;
// GoMLX already keeps it down to fatal errors unless $TF_CPP_MIN_LOG_LEVEL is
// set. The setting is global to the process and is made before Open.
func QuietLogs(w io.Writer) {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{
		"logtostderr":     "false",
		"alsologtostderr": "false",
		"stderrthreshold": "FATAL",
	} {
		if err := flags.Set(name, value); err != nil {
			panic(err) // The flags are klog's own.
		}
	}
	klog.SetOutput(w)
}
