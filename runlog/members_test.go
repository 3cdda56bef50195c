package runlog

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMembersOfAnEnsemble(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "all")
	for _, path := range []string{dir, t.TempDir()} {
		if m, err := ReadMembers(path); m != nil || err != nil || NoMembers(path) != nil {
			t.Errorf("%s has the members %v, error %v", path, m, err)
		}
	}
	want, err := WriteMembers(dir, []uint64{7, 8, 11})
	ok(t, err)
	m, err := ReadMembers(dir)
	ok(t, err)
	if !slices.Equal(m.Seeds, want.Seeds) || !slices.Equal(m.Paths("d"), []string{"d/seed-7", "d/seed-8", "d/seed-11"}) {
		t.Errorf("%+v, want %+v", m, want)
	}
	if m, err := ReadMembers(filepath.Join(dir, MembersFile)); m != nil || err != nil {
		t.Errorf("a file has the members %v, error %v", m, err)
	}
	if err := NoMembers(dir); err == nil || !strings.Contains(err.Error(), "ensemble of 3 runs") {
		t.Errorf("an ensemble passes for a run: %v", err)
	}
	if err := Vacant(dir); !errors.Is(err, ErrExists) {
		t.Errorf("the folder of an ensemble is free: %v", err)
	}
	if _, err := WriteMembers(dir, nil); err == nil {
		t.Error("an ensemble of nothing is written")
	}
	for text, want := range map[string]string{
		`{"v":1,"seeds":[1],"runs":["../run"]}`:         "no name of a run",
		`{"v":1,"seeds":[1],"runs":["/elsewhere/run"]}`: "no name of a run",
		`{"v":1,"seeds":[1],"runs":["a","b"]}`:          "as many of both",
		`{"v":1}`:                                       "as many of both",
		`{"v":2,"seeds":[1],"runs":["a"]}`:              "version 2",
		`[]`:                                            "JSON array",
		`{"v":1,"seeds":[-1],"runs":["a"]}`:             "seeds",
		``:                                              "unexpected end",
	} {
		ok(t, os.WriteFile(filepath.Join(dir, MembersFile), []byte(text), 0o644))
		if _, err := ReadMembers(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), MembersFile) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}
