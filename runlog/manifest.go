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
	"path/filepath"
	"strconv"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// Manifest is run.json: what a run is, and the process that writes it.
type Manifest struct {
	Version int    `json:"v"`    // of the format, set by Create
	ID      string `json:"id"`   // unique; made by Create when empty
	Name    string `json:"name"` // for people
	Process
	Objective  string            `json:"objective,omitempty"` // kind of what training makes large: likelihood, bound, divergence
	Seeds      map[string]uint64 `json:"seeds,omitempty"`     // by purpose
	ConfigHash string            `json:"config_hash"`         // SHA-256 of config.yaml in hexadecimal, set by Create
	Earlier    []Process         `json:"earlier,omitempty"`
}

// Process is a process that writes a run. A resumed run has several, one after
// the other: the present one in the Manifest itself, the others in Earlier.
type Process struct {
	Host     string    `json:"host"`    // set by Create and Resume
	PID      int       `json:"pid"`     // set by Create and Resume
	Started  time.Time `json:"started"` // set by Create and Resume
	Versions Versions  `json:"versions"`
	Backend  string    `json:"backend"`            // description of the backend in use
	Args     []string  `json:"args"`               // command line
	NoFlock  bool      `json:"no_flock,omitempty"` // set where the file system has no flock
}

// Versions of what a process was built from and loaded.
type Versions struct {
	Maskflow string `json:"maskflow"`
	Go       string `json:"go"`
	GoMLX    string `json:"gomlx"`
	Plugin   string `json:"plugin,omitempty"`
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

// maxManifest bounds run.json.
const maxManifest = 16 << 20

// ReadManifest reads run.json of a run directory. Without that file the error
// is [ErrNoRun].
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	text, err := files.ReadRegular(path, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s %w (no %s in it)", dir, ErrNoRun, ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, inPlainWords(err))
	}
	return &m, nil
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

func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", ManifestFile, err)
	}
	return files.Replace(filepath.Join(dir, ManifestFile), append(text, '\n'))
}

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
// its hash into run.json: for a resumption with a longer limit, say. Each of the
// two files is replaced whole; after a crash between the two, calling again with
// the same text mends the hash. Nothing is written when nothing differs.
func (w *Writer) ReplaceConfig(config []byte) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		if err != nil {
			err = fmt.Errorf("replacing the configuration of %s: %w", w.dir, err)
		}
	}()
	if w.closed {
		return os.ErrClosed
	}
	m, err := ReadManifest(w.dir)
	path, hash := filepath.Join(w.dir, ConfigFile), configHash(config)
	if present, _ := os.ReadFile(path); err != nil || m.ConfigHash == hash && bytes.Equal(present, config) {
		return err
	}
	if err := files.Replace(path, config); err != nil {
		return err
	}
	m.ConfigHash = hash
	return m.write(w.dir)
}

func configHash(config []byte) string {
	sum := sha256.Sum256(config)
	return hex.EncodeToString(sum[:])
}
