package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
)

// MembersFile is the file of a folder of runs that are an ensemble, which has [Members].
const MembersFile = "ensemble.json"

// Members are the runs in a folder that are an ensemble: of networks that differ by their seeds alone.
type Members struct {
	Version int `json:"v"` // of the file, set by WriteMembers
	// Seeds are those of the members, and Runs the names of their directories, which are in the folder.
	Seeds []uint64 `json:"seeds"`
	Runs  []string `json:"runs"`
}

// MostMembers bounds the runs of an ensemble.
const MostMembers = 1000

const (
	membersVersion = 1
	maxMembers     = 1 << 20 // bytes of the file
)

// WriteMembers makes a folder the one of an ensemble of runs with these seeds, which are still to begin there, each in
// seed-SEED. The folder may be there.
func WriteMembers(dir string, seeds []uint64) (*Members, error) {
	m := &Members{Version: membersVersion, Seeds: seeds}
	for _, seed := range seeds {
		m.Runs = append(m.Runs, fmt.Sprintf("seed-%d", seed))
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	kept, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("creating an ensemble: %w", err)
	}
	f, err := files.MakeFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("creating an ensemble: %w", err)
	}
	defer f.Close() //nolint:errcheck // Replace has written it
	if err := f.Replace(MembersFile, append(kept, '\n')); err != nil {
		return nil, fmt.Errorf("creating an ensemble: %w", err)
	}
	return m, nil
}

// ReadMembers reads which runs are the ensemble of a folder; nil where the path is none.
func ReadMembers(dir string) (*Members, error) {
	f, err := files.OpenFolder(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil, nil
		}
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	kept, err := f.Read(MembersFile, maxMembers)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var m Members
	if err == nil {
		err = inPlainWords(json.Unmarshal(kept, &m))
	}
	if err == nil {
		err = m.check()
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Path(MembersFile), files.Cause(err))
	}
	return &m, nil
}

func (m *Members) check() error {
	switch {
	case m.Version != membersVersion:
		return fmt.Errorf("it is of version %d, and this is a reader of version %d", m.Version, membersVersion)
	case len(m.Runs) == 0 || len(m.Runs) > MostMembers || len(m.Seeds) != len(m.Runs):
		return fmt.Errorf("it has %s and %s, need as many of both, from 1 to %d", text.Count(len(m.Runs), "run"), text.Count(len(m.Seeds), "seed"), MostMembers)
	}
	for _, run := range m.Runs {
		if !runID.MatchString(run) {
			return fmt.Errorf("%.80q is no name of a run in a folder", run)
		}
	}
	return nil
}

// Paths are the directories of the runs in the folder.
func (m *Members) Paths(dir string) (all []string) {
	for _, run := range m.Runs {
		all = append(all, filepath.Join(dir, run))
	}
	return all
}

// NoMembers is the error of a folder of an ensemble where a single run is needed; nil for other paths.
func NoMembers(dir string) error {
	m, err := ReadMembers(dir)
	if m == nil {
		return err
	}
	return fmt.Errorf("%s is an ensemble of %s, where one run is needed (as %s)", dir, text.Count(len(m.Runs), "run"), m.Paths(dir)[0])
}
