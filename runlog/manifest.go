package runlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// Manifest is run.json: what a run is, and the process that writes it.
type Manifest struct {
	Version int    `json:"v"`    // of the format, set by Create
	ID      string `json:"id"`   // unique; made by Create when empty. Every file of a run carries it
	Name    string `json:"name"` // for people
	Process
	Objective string            `json:"objective,omitempty"` // kind of what training makes large: likelihood, bound, divergence, order mean, ConditionalLikelihood
	Seeds     map[string]uint64 `json:"seeds,omitempty"`     // by purpose
	// WeightsHash is a digest of the part of the configuration that weights follow from, which never changes: the
	// caller's. Each checkpoint has it, too.
	WeightsHash string `json:"weights_hash,omitempty"`
	// ConfigHash is the SHA-256 of config.yaml in hexadecimal, set by Create. Where a writer was killed while it replaced
	// that file, the file may also be the one of ConfigNext.
	ConfigHash string    `json:"config_hash"`
	ConfigNext string    `json:"config_next,omitempty"`
	Earlier    []Process `json:"earlier,omitempty"`
}

// ConditionalLikelihood is the Objective of a run that predicts some columns given the others: its figures are no likelihoods
// of rows, and not compared with such.
const ConditionalLikelihood = "conditional likelihood"

// Conditional reports whether the figures of the run are conditional likelihoods. A nil manifest has none.
func (m *Manifest) Conditional() bool { return m != nil && m.Objective == ConditionalLikelihood }

// HasIDs reports whether every file of the run carries its id. In a run of version 1, which maskflow 0.1.0 began, files
// without an id are taken, too.
func (m *Manifest) HasIDs() bool { return m.Version > 1 }

// Owns reports whether a file that carries an id is one of the run.
func (m *Manifest) Owns(id string) bool { return id == m.ID || id == "" && !m.HasIDs() }

// Process is a process that writes a run. A resumed run has several, one after
// the other: the present one in the Manifest itself, the others in Earlier.
type Process struct {
	Host     string    `json:"host"`    // set by Create and Resume
	PID      int       `json:"pid"`     // set by Create and Resume
	Started  time.Time `json:"started"` // set by Create and Resume
	Versions Versions  `json:"versions"`
	Backend  string    `json:"backend"`            // description of the backend in use
	Args     []string  `json:"args"`               // command line
	DataDir  string    `json:"data_dir,omitempty"` // absolute path of the folder that its data were looked for in, where known
	NoFlock  bool      `json:"no_flock,omitempty"` // set where the file system has no flock
}

// Versions of what a process was built from and loaded.
type Versions struct {
	Maskflow string `json:"maskflow"`
	Go       string `json:"go"`
	GoMLX    string `json:"gomlx"`
	Plugin   string `json:"plugin,omitempty"`
}

// DataFolder is the folder to look for the data of the run in: the one that was asked for, else that of its last
// process while it is there; "" where none is known.
func (m *Manifest) DataFolder(asked string) string {
	if asked != "" || m == nil {
		return asked
	}
	if info, err := os.Stat(m.DataDir); err != nil || !info.IsDir() {
		return ""
	}
	if here, err := os.Getwd(); err == nil && here == m.DataDir {
		return "." // shorter where it is shown
	}
	return m.DataDir
}

// FirstStarted is when the run was created.
func (m *Manifest) FirstStarted() time.Time {
	if len(m.Earlier) > 0 {
		return m.Earlier[0].Started
	}
	return m.Started
}

// ErrNoRun reports a directory that holds no run.
var ErrNoRun = errors.New("holds no run")

// ErrVersion reports a run of a format that this program does not read, and ErrForeign a file that is not the run's own.
var (
	ErrVersion = errors.New("is of a format that this program does not read")
	ErrForeign = errors.New("does not belong to this run")
)

// maxManifest bounds run.json, and maxConfig config.yaml.
const (
	maxManifest = 1 << 20
	maxConfig   = 1 << 20
)

// runID is what an id looks like: it is part of the names of files.
var runID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ReadManifest reads run.json of a run directory. Without that file the error
// is [ErrNoRun].
func ReadManifest(dir string) (*Manifest, error) {
	f, err := openRun(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return readManifest(f)
}

// openRun opens the directory of a run. The error is ErrNoRun when there is none.
func openRun(dir string) (*files.Folder, error) {
	f, err := files.OpenFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s %w (no %s in it)", dir, ErrNoRun, ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("opening a run: %w", err)
	}
	return f, nil
}

func readManifest(f *files.Folder) (*Manifest, error) {
	path := f.Path(ManifestFile)
	text, err := f.Read(ManifestFile, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s %w (no %s in it)", f.Path(""), ErrNoRun, ManifestFile)
	}
	var m Manifest
	if err == nil {
		err = inPlainWords(json.Unmarshal(text, &m))
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, files.Cause(err))
	}
	switch {
	case m.Version < 1 || m.Version > formatVersion:
		return nil, fmt.Errorf("%s %w: version %d, of maskflow %.20q, and this is a reader of versions 1 to %d", path, ErrVersion, m.Version, m.Versions.Maskflow, formatVersion)
	case m.HasIDs() && !runID.MatchString(m.ID):
		return nil, fmt.Errorf("reading %s: %.80q is no id of a run", path, m.ID)
	}
	return &m, nil
}

// ReadConfig reads run.json and config.yaml of a run directory. The error is [ErrForeign] when the second is not what
// the first has the digest of.
func ReadConfig(dir string) (*Manifest, []byte, error) {
	f, err := openRun(dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	for again := 0; ; again++ {
		m, err := readManifest(f)
		if err != nil {
			return nil, nil, err
		}
		config, err := f.Read(ConfigFile, maxConfig)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the configuration of the run: %w", err)
		}
		hash := ConfigHash(config)
		if hash == m.ConfigHash || hash == m.ConfigNext || m.ConfigHash == "" && !m.HasIDs() {
			return m, config, nil
		}
		if again == 2 { // a writer may have replaced both in between
			return nil, nil, fmt.Errorf("%s %w: its SHA-256 is not the one in %s (undo edits by hand; maskflow train --resume --set changes what may change)",
				f.Path(ConfigFile), ErrForeign, ManifestFile)
		}
	}
}

// inPlainWords replaces an error of encoding/json that names Go's types.
func inPlainWords(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	if wrong.Field == "" {
		return fmt.Errorf("it holds a JSON %s, not the object that describes a run", wrong.Value)
	}
	return fmt.Errorf("%s is a JSON %s, not what a run has there", wrong.Field, wrong.Value)
}

func (m *Manifest) write(f *files.Folder) error {
	for {
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return fmt.Errorf("encoding %s: %w", ManifestFile, err)
		}
		if n := len(m.Earlier); len(text) >= maxManifest && n > 1 { // thousands of processes: the first is when the run began
			m.Earlier = append(m.Earlier[:1], m.Earlier[1+n/2:]...)
			continue
		}
		if err := f.Replace(ManifestFile, append(text, '\n')); err != nil {
			return fmt.Errorf("writing %s: %w", f.Path(ManifestFile), err)
		}
		return nil
	}
}

// owner is how a lock names the process.
func (p Process) owner() string { return fmt.Sprintf("pid %d on host %s", p.PID, p.Host) }

// thisProcess is the process that calls.
func thisProcess(now time.Time) (Process, error) {
	host, err := os.Hostname()
	if err != nil {
		return Process{}, fmt.Errorf("finding the name of this host: %w", err)
	}
	return Process{Host: host, PID: os.Getpid(), Started: now.UTC()}, nil
}

// newID is the time of the start and a digest of the process, so that two runs
// of one second have different ids.
func newID(p Process) string {
	sum := sha256.Sum256([]byte(p.Host + "\x00" + strconv.Itoa(p.PID) + "\x00" + p.Started.Format(time.RFC3339Nano)))
	return p.Started.Format("20060102-150405") + "-" + hex.EncodeToString(sum[:4])
}

// ReplaceConfig puts another config.yaml in the place of the present one, and
// its hash into run.json: for a resumption with a longer limit, say. The hash is
// announced there before, so that the run can be read whenever a writer is killed.
// Nothing is written when nothing differs.
func (w *Writer) ReplaceConfig(config []byte) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		if err != nil {
			err = fmt.Errorf("replacing the configuration of %s: %w", w.folder.Path(""), err)
		}
	}()
	if w.closed {
		return os.ErrClosed
	}
	m, err := readManifest(w.folder)
	if err != nil {
		return err
	}
	w.run, w.former = m, nil
	hash := ConfigHash(config)
	if present, _ := w.folder.Read(ConfigFile, maxConfig); m.ConfigHash != hash || !bytes.Equal(present, config) {
		m.ConfigNext = hash
		if err := m.write(w.folder); err != nil {
			return err
		}
		if err := w.folder.Replace(ConfigFile, config); err != nil {
			return err
		}
	} else if m.ConfigNext == "" {
		return nil
	}
	w.config, m.ConfigHash, m.ConfigNext = config, hash, ""
	return m.write(w.folder)
}

// ConfigHash is the digest of a config.yaml that a Manifest has.
func ConfigHash(config []byte) string {
	sum := sha256.Sum256(config)
	return hex.EncodeToString(sum[:])
}
