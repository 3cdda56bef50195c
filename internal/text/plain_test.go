package text

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
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

func TestEscapedTexts(t *testing.T) {
	for s, want := range map[string]string{
		"":                            "",
		"a\tb\n日本 é\u00a0x":           "a\tb\n日本 é\u00a0x",
		"x\x1b[31m.csv":               `x\u001b[31m.csv`,
		"\x1b]0;t\a":                  `\u001b]0;t\u0007`,
		"50%\r100%":                   `50%\u000d100%`,
		"a\u009b1mb\x7f":              `a\u009b1mb\u007f`,
		"\u202egnp.exe\u2028\u200b":   `\u202egnp.exe\u2028\u200b`,
		"a\xff\x9bb\ufffd":            `a\xff\x9bb` + "\ufffd",
		"tag \U000e0041":              `tag \udb40\udc41`,
		"\x1b[1;31mred\x1b[0m\x1b[2J": `\u001b[1;31mred\u001b[0m\u001b[2J`,
	} {
		if got := Escaped(s); got != want {
			t.Errorf("%q is shown as %q, not %q", s, got, want)
		}
	}
	if got, want := EscapedStyled("\x1b[1;31mred\x1b[0m\x1b[2J\x1b"), "\x1b[1;31mred\x1b[0m"+`\u001b[2J\u001b`; got != want {
		t.Errorf("a line with colours is shown as %q, not %q", got, want)
	}
	if got, want := EscapedLine("a\tb\nc\x1b"), `a\tb\nc\u001b`; got != want {
		t.Errorf("a text of two lines is shown as %q, not %q", got, want)
	}
}

// An object of JSON, which escapes few of these characters, is the same object after.
func TestEscapedJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "s") + rapid.SampledFrom([]string{"", "\u009b", "\x7f\u202e", "\U000e0041"}).Draw(t, "end")
		object, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal([]byte(Escaped(string(object))), &got); err != nil || got != want {
			t.Fatalf("%q is %q (%v)", want, got, err)
		}
	})
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
		if shown := Escaped(line); !utf8.ValidString(shown) || strings.ContainsFunc(shown, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) }) {
			t.Fatalf("%q is shown as %q", line, shown)
		}
		if again := Plain(text); again != text {
			t.Fatalf("%q is shown as %q and that as %q", line, text, again)
		}
	})
}
