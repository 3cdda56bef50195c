package config

import (
	"strings"
)

// What the tests of the whole configuration look at.
const MaxFile = maxFile

// OneLine is oneLine.
var OneLine = oneLine

// AliasBomb is a document whose aliases stand for 9^levels values.
func AliasBomb(levels int) string {
	text := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < levels; i++ {
		here, below := string(rune('a'+i)), string(rune('a'+i-1))
		text += here + ": &" + here + " [" + strings.TrimSuffix(strings.Repeat("*"+below+", ", 9), ", ") + "]\n"
	}
	return text
}
