package text

import (
	"fmt"
	"strings"
)

// Shell quotes an argument of a command that a person may copy: a path, which is none of the flags, or a setting.
func Shell(arg string) string {
	if strings.HasPrefix(arg, "-") {
		arg = "./" + arg
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=+@%", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	if Escaped(arg) != arg || strings.ContainsAny(arg, "\n\t") { // would not arrive as it is
		quoted := "$'"
		for _, c := range []byte(arg) {
			quoted += fmt.Sprintf(`\%03o`, c)
		}
		return quoted + "'"
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
