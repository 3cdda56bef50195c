package text

import (
	"os/exec"
	"strings"
	"testing"
)

func TestShell(t *testing.T) {
	for arg, want := range map[string]string{
		"runs/dna-1": "runs/dna-1", "my runs": "'my runs'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'", "~/x": "'~/x'", "-n": "./-n", "a\tb": `$'\141\011\142'`,
	} {
		if got := Shell(arg); got != want {
			t.Errorf("%q is quoted as %s, want %s", arg, got, want)
		}
	}
	for _, arg := range []string{"it's", "-n", "a\x1b[31m\n\xff b", "\u202e", `\`, "*"} {
		out, err := exec.Command("bash", "-c", "printf %s "+Shell(arg)).Output()
		if err != nil {
			t.Skip(err)
		}
		if got := strings.TrimPrefix(string(out), "./"); got != arg {
			t.Errorf("%q arrives as %q", arg, got)
		}
	}
}
