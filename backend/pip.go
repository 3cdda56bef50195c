package backend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// requirement is one pinned wheel.
type requirement struct {
	name, version, sha256 string
}

func (r requirement) String() string { return r.name + "==" + r.version }

// listed names the first of some wheels and the number of the others.
func listed(wheels []requirement) string {
	if len(wheels) == 1 {
		return wheels[0].String()
	}
	return fmt.Sprintf("%s and %d more wheels", wheels[0], len(wheels)-1)
}

// fetch lets Python's package installer unpack pinned wheels, without their
// dependencies, into a folder. Pip knows the user's index, proxy, certificates
// and cache, and checks every hash; it takes the wheels from the folder from
// instead of the index when that is not empty.
func fetch(ctx context.Context, wheels []requirement, from, temp, to string) error {
	python, err := exec.LookPath("python3")
	if err != nil {
		python, err = exec.LookPath("python")
	}
	if err != nil {
		return errors.New("no python3 found (install Python with pip, or fetch the wheel elsewhere and run: maskflow backend install --from FILE)")
	}
	var list strings.Builder
	for _, r := range wheels {
		fmt.Fprintf(&list, "%s --hash=sha256:%s\n", r, r.sha256)
	}
	requirements := filepath.Join(temp, "requirements.txt")
	if err := os.WriteFile(requirements, []byte(list.String()), 0o644); err != nil {
		return err
	}
	args := []string{"-m", "pip", "install", "--target", to, "--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", requirements,
		"--retries", "1", "--timeout", "15", "--no-input", "--progress-bar", "off", "--disable-pip-version-check"}
	if from != "" {
		from, err = filepath.Abs(from)
		if err != nil {
			return err
		}
		args = append(args, "--no-index", "--find-links", from)
	}
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Dir = temp
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return explain(string(out), err, listed(wheels))
	}
	return nil
}

// pipFailures are what pip writes when it fails, and one line that says what to
// do, in which %s is the name of the wheels. The first that fits counts.
var pipFailures = []struct {
	pattern *regexp.Regexp
	meaning string
}{
	{regexp.MustCompile(`No module named '?pip`), "this Python has no pip (install it, or fetch %s elsewhere and use --from)"},
	{regexp.MustCompile(`(?i)do not match the hashes`), "pip got a wheel that is not the pinned %s (its SHA-256 differs; do not use this package index)"},
	{regexp.MustCompile(`(?i)NewConnectionError|ConnectTimeout|ReadTimeout|ConnectionError|Connection (?:refused|reset|aborted)|name resolution|Network is unreachable|ProxyError|timed out`),
		"pip cannot reach its package index (check the network or proxy, or fetch %s elsewhere and use --from)"},
	{regexp.MustCompile(`(?i)No matching distribution|Could not find a version`),
		"pip finds no %s for this machine (it needs x86-64, glibc 2.27 and pip 20.3, or newer) or in the folder of --from"},
}

var (
	pipNoSpace  = regexp.MustCompile(`(?i)No space left on device`)
	pipLastLine = regexp.MustCompile(`(?m)^(?:ERROR: )?(\S.*)$`)
)

// explain turns pip's output into one line.
func explain(out string, err error, wheels string) error {
	if pipNoSpace.MatchString(out) {
		return syscall.ENOSPC
	}
	for _, f := range pipFailures {
		if f.pattern.MatchString(out) {
			return fmt.Errorf(f.meaning, wheels)
		}
	}
	lines := pipLastLine.FindAllStringSubmatch(out, -1)
	if len(lines) == 0 {
		return fmt.Errorf("running pip: %w", err)
	}
	return errors.New("pip: " + strings.TrimSpace(lines[len(lines)-1][1]))
}
