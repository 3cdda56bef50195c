package backend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// requirement is one pinned wheel.
type requirement struct {
	name, version, sha256 string
}

func (r requirement) String() string { return r.name + "==" + r.version }

// pip runs Python's package installer. It serves only to fetch wheels: it
// knows the user's index, proxy, certificates and cache.
type pip struct {
	python string // Program, looked up in $PATH; empty means python3, else python.
	temp   string // Folder for its temporary files, on the disk of the target.
	wheels string // Folder to take wheels from instead of the index; empty means the index.
}

// fetch runs a pip command ("download" or "install", with its flags) on pinned
// wheels, without their dependencies. Pip checks every hash.
func (p pip) fetch(ctx context.Context, what []requirement, command ...string) error {
	python, err := p.find()
	if err != nil {
		return err
	}
	list := filepath.Join(p.temp, "requirements.txt")
	var text bytes.Buffer
	for _, r := range what {
		fmt.Fprintf(&text, "%s --hash=sha256:%s\n", r, r.sha256)
	}
	if err := os.WriteFile(list, text.Bytes(), 0o644); err != nil {
		return err
	}
	args := append([]string{"-m", "pip"}, command...)
	args = append(args, "--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", list,
		"--retries", "1", "--timeout", "15", "--no-input", "--progress-bar", "off", "--disable-pip-version-check")
	if p.wheels != "" {
		args = append(args, "--no-index", "--find-links", p.wheels)
	}
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Dir = p.temp
	cmd.Env = append(os.Environ(), "TMPDIR="+p.temp)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return p.explain(string(out), err, what)
	}
	return nil
}

func (p pip) find() (string, error) {
	names := []string{"python3", "python"}
	if p.python != "" {
		names = []string{p.python}
	}
	for _, n := range names {
		if found, err := exec.LookPath(n); err == nil {
			return filepath.Abs(found)
		}
	}
	return "", fmt.Errorf("no %s found (install Python with pip, or fetch the wheel elsewhere and run: maskflow backend install --from FILE)", names[0])
}

var (
	pipNoPip    = regexp.MustCompile(`No module named '?pip`)
	pipHash     = regexp.MustCompile(`(?i)do not match the hashes`)
	pipOffline  = regexp.MustCompile(`(?i)NewConnectionError|ConnectTimeout|ReadTimeout|ConnectionError|Connection (?:refused|reset|aborted)|name resolution|Network is unreachable|ProxyError|timed out`)
	pipNoSpace  = regexp.MustCompile(`(?i)No space left on device`)
	pipNoMatch  = regexp.MustCompile(`(?i)No matching distribution|Could not find a version`)
	pipLastLine = regexp.MustCompile(`(?m)^(?:ERROR: )?(\S.*)$`)
)

// explain turns pip's output into one line that says what to do.
func (p pip) explain(out string, err error, what []requirement) error {
	wheels := what[0].String()
	if len(what) > 1 {
		wheels = fmt.Sprintf("%s and %d more wheels", wheels, len(what)-1)
	}
	elsewhere := fmt.Sprintf("fetch %s elsewhere and use --from", wheels)
	switch {
	case pipNoPip.MatchString(out):
		return fmt.Errorf("this Python has no pip (install it, or %s)", elsewhere)
	case pipHash.MatchString(out):
		return fmt.Errorf("pip got a wheel that is not the pinned %s (its SHA-256 differs; do not use this package index)", wheels)
	case pipNoSpace.MatchString(out):
		return fmt.Errorf("no space left on the disk of %s", filepath.Dir(p.temp))
	case pipOffline.MatchString(out):
		return fmt.Errorf("pip cannot reach its package index (check the network or proxy, or %s)", elsewhere)
	case pipNoMatch.MatchString(out) && p.wheels != "":
		return fmt.Errorf("%s is not among the wheels in %s", wheels, p.wheels)
	case pipNoMatch.MatchString(out):
		return fmt.Errorf("pip finds no %s for this machine (it needs x86-64, glibc 2.27 and pip 20.3, or newer; else %s)", wheels, elsewhere)
	}
	lines := pipLastLine.FindAllStringSubmatch(out, -1)
	if len(lines) == 0 {
		return fmt.Errorf("running pip: %w", err)
	}
	return errors.New("pip: " + strings.TrimSpace(lines[len(lines)-1][1]))
}
