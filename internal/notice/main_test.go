package main

import (
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// The file NOTICE has the modules that are linked here, all of them in the versions that
// go.mod asks for.
func TestNoticeIsCurrent(t *testing.T) {
	notice, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	required, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := linked(runtime.GOOS)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		if name, _, _ := strings.Cut(m.name, " "); !strings.Contains(string(notice), "\n  "+m.name+"\n") || strings.Count(string(notice), "\n"+name+"\n") == 0 {
			t.Errorf("NOTICE lacks %s (run: make notice)", m.name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^  (\S+ v\S+)$`).FindAllStringSubmatch(string(notice), -1) {
		if !strings.Contains(string(required), "\t"+m[1]) && !strings.Contains(string(required), " "+m[1]) {
			t.Errorf("NOTICE has %s, which go.mod does not require (run: make notice)", m[1])
		}
	}
}
