package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlainLines(t *testing.T) {
	for line, want := range map[string]string{
		"":                                 "",
		"hello":                            "hello",
		"a\tb":                             "a b",
		"a\r":                              "a",
		"50%\r100%":                        "100%",
		"50%\r100%\r\r":                    "100%",
		"\x1b[1;31mred\x1b[0m text":        "red text",
		"\x1b[38;2;1;2;3mx\x1b[K":          "x",
		"\x1b]0;title\x07x":                "x",
		"\x1b]8;;http://a\x1b\\x":          "x",
		"\x1bPsixel\x1b\\x\x1b_apc\u009cy": "xy",
		"\x1b]0;no end":                    "",
		"\x1b(Bx\x1b7y\x1b=z":              "xyz",
		"\u009b31mx":                       "x",
		"\u009d0;title\x07x":               "x",
		"a\x1b[31":                         "a",
		"a\x1b":                            "a",
		"a\x1b\x1b[mb":                     "ab",
		"a\x00b\x08c\x7fd":                 "abcd",
		"a\xffb":                           "a\ufffdb",
		"\u202egnp.exe\u200b":              "gnp.exe",
		"日本 é":                             "日本 é",
		"trailing  ":                       "trailing",
	} {
		if got := Plain(line); got != want {
			t.Errorf("%q is shown as %q, not %q", line, got, want)
		}
	}
	long := Plain(strings.Repeat("é", 501))
	if utf8.RuneCountInString(long) != 500 || !strings.HasSuffix(long, "é…") {
		t.Errorf("a long line has %d characters", utf8.RuneCountInString(long))
	}
	if whole := strings.Repeat("é", 500); Plain(whole) != whole {
		t.Error("a line of 500 characters is cut")
	}
}

// FuzzPlain holds that no bytes can do anything to a terminal but appear.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"a\x1b[31mb", "\x1b]0;t\x07x", "\u009b1m", "\xc2\x9b", "\x1bP\x1b\\", "a\rb", "\xff\xfe", "\x1b[\x1b[", "\u2028\u2029\u0085", "\x1b \x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		text := Plain(line)
		if utf8.RuneCountInString(text) > plainLength || !utf8.ValidString(text) {
			t.Fatalf("%q is shown as %q", line, text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q is shown as %q", line, text)
		}
		if again := Plain(text); again != text {
			t.Fatalf("%q is shown as %q and that as %q", line, text, again)
		}
	})
}
