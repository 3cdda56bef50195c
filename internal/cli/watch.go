package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/maskflow/maskflow/internal/ansisvg"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/tui"
)

type watchOptions struct {
	once, json, ascii, noMouse bool
	size, filter, output       string
}

const watchLong = `watch shows runs while they train, and afterwards. A FOLDER is all runs in it, those
that begin later too. Run directories are read and nothing else, so that a run of another
host on a shared file system looks the same; the keys s, which stops a training, and c,
which has it write a checkpoint, leave a request there.

Without a terminal, or in the background, validations are printed as lines until every
run has ended; a FOLDER that is not there yet is waited for, 20 seconds long. --once prints one picture, or with -o draws it in a file; --json prints
one object with a record for each run. NO_COLOR turns colours off.

--filter and the key f choose runs by words that must all be true of them, such as
model.hidden=500 best<12 -status:crashed name~dna running: key=value (or !=, <, <=, >,
>=, ~ for a regular expression), or a part of the name, the directory or the status; a
- in front says not. A key is a path of the configuration or the end of one, or one of
%s.

Keys:
`

func (a *app) watchCommand() *cobra.Command {
	var o watchOptions
	c := &cobra.Command{
		Use:   "watch RUN|FOLDER...",
		Short: "Watch runs while they train",
		Long:  fmt.Sprintf(watchLong, ansi.Wordwrap(strings.Join(monitor.QueryKeys(), ", "), 88, "")) + keysText(),
		Example: `  maskflow watch runs/dna
  maskflow watch runs --filter 'model.hidden=500 best<12'
  maskflow watch runs --once --size 120x40
  maskflow watch runs/dna --once --size 160x48 -o dna.svg
  maskflow watch runs --json | jq '.runs[] | [.name, .status, .best.nll]'`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(c *cobra.Command, args []string) error { return a.watch(c, args, o) },
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return misused(c, "RUN or FOLDER is missing")
		}
		return exclusive(c, "once", "json")
	}
	f := c.Flags()
	f.BoolVar(&o.once, "once", false, "print one picture and end")
	jsonFlag(c, &o.json)
	f.BoolVar(&o.ascii, "ascii", false, "ASCII characters only")
	f.StringVar(&o.filter, "filter", "", "`query` that runs must pass, as for the key f")
	f.StringVarP(&o.output, "output", "o", "", "`file` to draw the picture of --once in, .svg")
	f.StringVar(&o.size, "size", "", "`COLUMNSxLINES` of --once (default those of the terminal, else 100x40)")
	f.BoolVar(&o.noMouse, "no-mouse", false, "leave the mouse to the terminal")
	must(c.MarkFlagFilename("output", "svg"))
	return c
}

// keysText is the table of keys as text.
func keysText() string {
	var b strings.Builder
	group := ""
	for _, k := range tui.Keys() {
		if k.Group != group {
			group = k.Group
			fmt.Fprintf(&b, "  %s\n", group)
		}
		fmt.Fprintf(&b, "    %-10s %s\n", k.Keys, k.Help)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) watch(c *cobra.Command, args []string, o watchOptions) error {
	query, err := monitor.ParseQuery(o.filter)
	if err != nil {
		return misused(c, "--filter: %v", err)
	}
	width, height, err := frameSize(o.size, a.stdout)
	if err != nil {
		return misused(c, "--size %v", err)
	}
	if !o.once && (o.size != "" || o.output != "") {
		return misused(c, "--size and -o go with --once")
	}
	if err := checkOutput(c, "output", o.output, pictures(".svg")); err != nil {
		return err
	}
	frugal()
	full := !o.once && !o.json && fullScreen(a.stdin, a.stdout)
	source, err := monitor.NewSource(args, monitor.Options{Await: full})
	if errors.Is(err, fs.ErrNotExist) && !o.once && !o.json {
		source, err = a.await(c.Context(), args)
	}
	if err != nil {
		return err
	}
	defer source.Close()
	options := tui.Options{Source: source, Screen: tui.DetectScreen(a.stdout, os.Environ(), o.ascii), Query: query, Mouse: !o.noMouse, Defaults: defaults()}
	switch {
	case o.json:
		set, now := source.ReadAll()
		return a.writeJSON(map[string]any{"runs": set.Summaries(query, now)})
	case o.output != "":
		options.Screen = tui.Screen{Colour: colorprofile.TrueColor, Unicode: !o.ascii}
		if err := files.WriteAtomic(o.output, func(w io.Writer) error {
			return ansisvg.Write(w, tui.Frame(options, width, height), width, height)
		}); err != nil {
			return fmt.Errorf("writing %s: %w", o.output, err)
		}
		return nil
	case o.once:
		return options.Screen.Print(a.stdout, tui.Frame(options, width, height))
	case !full:
		return a.follow(c.Context(), source, query, named(args))
	}
	_, err = a.present(c.Context(), options)
	if err != nil && !isTerminal(a.stdin) { // any more
		return &exitError{codeInterrupted, errors.New("watching: the terminal was closed")}
	}
	return err
}

// fullScreen says whether a program can have the whole screen: both ends are terminals,
// no dumb ones, and in the foreground.
func fullScreen(stdin io.Reader, stdout io.Writer) bool {
	kind := os.Getenv("TERM")
	in, ok := stdin.(*os.File)
	return ok && isTerminal(in) && isTerminal(stdout) && kind != "dumb" && kind != "" && inForeground(in)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalSize is the size of a terminal, 0 for what is none.
func terminalSize(stream any) (width, height int) {
	if f, ok := stream.(*os.File); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil {
			return width, height
		}
	}
	return 0, 0
}

// Bounds of a picture's size: a screen of several walls.
const (
	mostColumns = 1000
	mostLines   = 500
)

// frameSize is the size of one picture: what was asked for, else that of the terminal
// without the line of the prompt.
func frameSize(asked string, out io.Writer) (width, height int, err error) {
	if asked == "" {
		if width, height = terminalSize(out); width > 0 && height > 1 {
			return width, height - 1, nil
		}
		return 100, 40, nil
	}
	_, err = fmt.Sscanf(asked, "%dx%d", &width, &height)
	if err != nil || asked != fmt.Sprintf("%dx%d", width, height) || min(width, height) < 1 || width > mostColumns || height > mostLines {
		return 0, 0, fmt.Errorf("%q: write columns x lines, such as 120x40, up to %dx%d", asked, mostColumns, mostLines)
	}
	return width, height, nil
}

// collectAt is by how many per cent the heap grows until garbage is collected where nearly
// all of it is records, or the rows of a table, in which there is nothing to look through:
// to collect often costs little, and a million of them take a third less memory.
const collectAt = 25

// collectOften has garbage collected often, unless the environment has a word on it.
func collectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}

// frugal prepares a process that only watches. It collects garbage often, and does one
// thing at a time: what happens now and then is done sooner than other threads, woken up
// for it, have found that there is nothing left to do, unless the environment has a word
// on it.
func frugal() {
	collectOften()
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}
