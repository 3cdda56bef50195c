//go:build unix

package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

// damaged is a run directory that things happen to.
type damaged struct {
	rng                 *rand.Rand
	dir, outside, other string // the run, what is not of it, and another one
	done                []string
}

// damage does one thing to the run.
func (d *damaged) damage() {
	kinds := []struct {
		name string
		do   func(*damaged)
	}{
		{"cut", onFile(func(d *damaged, path string) {
			d.edit(path, func(text []byte) []byte { return text[:d.number(len(text))] })
		})},
		{"bits flipped", onFile(func(d *damaged, path string) {
			d.edit(path, func(text []byte) []byte {
				for range min(len(text), 1+d.rng.IntN(20)) {
					text[d.rng.IntN(len(text))] ^= 1 << d.rng.IntN(8)
				}
				return text
			})
		})},
		{"grown", onFile(func(d *damaged, path string) {
			if info, err := os.Stat(path); err == nil {
				_ = os.Truncate(path, info.Size()+int64(d.rng.IntN(1<<10))<<d.rng.IntN(31))
			}
		})},
		{"removed", anything(func(*damaged, string) {})},
		{"a folder", anything(func(_ *damaged, path string) { _ = os.MkdirAll(filepath.Join(path, "x"), 0o755) })},
		{"a pipe", anything(func(_ *damaged, path string) { _ = syscall.Mkfifo(path, 0o644) })},
		{"a socket", anything(func(d *damaged, path string) { // bound by a short name
			if l, err := net.Listen("unix", filepath.Join(filepath.Dir(d.dir), "s")); err == nil {
				l.(*net.UnixListener).SetUnlinkOnClose(false)
				_ = l.Close()
				_ = os.Rename(filepath.Join(filepath.Dir(d.dir), "s"), path)
			}
		})},
		{"many files", func(d *damaged) {
			name := pick(d.rng, runlog.ControlDir+"/%d.json", runlog.CheckpointsDir+"/step-%08d.safetensors", runlog.SamplesDir+"/%08d.npy")
			for i := range 300 {
				put(d.path(fmt.Sprintf(name, i)), "{}")
			}
		}},
		{"a link", anything(func(d *damaged, path string) {
			rel, _ := filepath.Rel(d.dir, path)
			_ = os.Symlink(pick(d.rng, "/dev/zero", "/dev/tty", filepath.Join(d.outside, rel), d.outside, "/nowhere", path), path)
		})},
		{"unreadable", anything(nil)},
		{"a second name", onFile(func(d *damaged, path string) {
			rel, _ := filepath.Rel(d.dir, path)
			if os.Remove(path) == nil {
				_ = os.Link(filepath.Join(d.outside, rel), path)
			}
		})},
		{"another run's", onFile(func(d *damaged, path string) {
			rel, _ := filepath.Rel(d.dir, path)
			if text, err := os.ReadFile(filepath.Join(d.other, rel)); err == nil {
				put(path, string(text))
			}
		})},
		{"junk", (*damaged).junk},
		{"run.json", func(d *damaged) { d.edit(d.path(runlog.ManifestFile), d.forgeJSON) }},
		{"config.yaml", (*damaged).config},
		{"log", (*damaged).log},
		{"checkpoint", (*damaged).state},
		{"header", (*damaged).header},
		{"samples", (*damaged).samples},
		{"version 1", func(d *damaged) {
			d.edit(d.path(runlog.ManifestFile), func(text []byte) []byte { return bytes.Replace(text, []byte(`"v": 2`), []byte(`"v": 1`), 1) })
		}},
	}
	k := kinds[d.rng.IntN(len(kinds))]
	d.done = append(d.done, k.name)
	k.do(d)
}

func (d *damaged) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

// onFile does something to one of the files.
func onFile(do func(d *damaged, path string)) func(*damaged) {
	return func(d *damaged) {
		if files, _ := d.entries(); len(files) > 0 {
			path := pick(d.rng, files...)
			d.done[len(d.done)-1] += " " + filepath.Base(path)
			do(d, path)
		}
	}
}

// anything puts something else in the place of a file or a folder; nil takes its permissions away.
func anything(put func(d *damaged, path string)) func(*damaged) {
	return func(d *damaged) {
		files, folders := d.entries()
		if len(files)+len(folders) == 0 {
			return
		}
		path := pick(d.rng, append(files, folders...)...)
		d.done[len(d.done)-1] += " " + filepath.Base(path)
		if put == nil {
			_ = os.Chmod(path, 0)
			return
		}
		if os.RemoveAll(path) == nil {
			put(d, path)
		}
	}
}

// junk leaves something in a folder of the run.
func (d *damaged) junk() {
	name := strings.NewReplacer("/", "_", "\x00", "_").Replace(pick(d.rng, hostileTexts...)) + pick(d.rng, ".json", ".npy", ".tmp", "")
	text := pick(d.rng, "{}", `{"id":"a","kind":"stop-now"}`, pick(d.rng, hostileTexts...))
	put(d.path(pick(d.rng, "", runlog.ControlDir, runlog.CheckpointsDir, runlog.SamplesDir), name[:min(len(name), 200)]), text)
	put(d.path(pick(d.rng, runlog.LockFile, runlog.StderrFile)), pick(d.rng, hostileTexts...))
}

// put writes a file, if it can, in the place of what is none: a pipe would be waited for.
func put(path, text string) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		_ = os.Remove(path)
	}
	_ = os.WriteFile(path, []byte(text), 0o644)
}

// config forges a value of the configuration, mostly with all hashes.
func (d *damaged) config() {
	line := regexp.MustCompile(`(?m)^( *[a-z_]+: )(\S.*)$`)
	d.edit(d.path(runlog.ConfigFile), func(text []byte) []byte {
		all := line.FindAllSubmatchIndex(text, -1)
		if all == nil {
			return text
		}
		at := pick(d.rng, all...)
		value := pick(d.rng, strings.Repeat("[", 20_000), "["+strings.Repeat("1, ", 100_000)+"1]", "1000000000", "16777216", "100000", "100", "[1000000000]", "[16777216]", "[4096, 4096]", "-1", "0", "1e300", "1e-300", "unlimited", `"\e[2J"`, "../outside/config.yaml",
			"/dev/zero", "[]", "["+strings.Repeat("3, ", 90)+"3]", "[[[[]]]]", "true", "9223372036854775807", `"\u202e"`, strings.Repeat("a", 3000))
		d.done[len(d.done)-1] += fmt.Sprintf(" %s%.40s", text[at[2]:at[3]], value)
		return append(append(append([]byte(nil), text[:at[4]]...), value...), text[at[5]:]...)
	})
	if d.rng.IntN(5) == 0 {
		return
	}
	text, err := files.ReadRegular(d.path(runlog.ConfigFile), 1<<24)
	if err != nil {
		return
	}
	hash := maskflow.WeightsHash(text)
	d.edit(d.path(runlog.ManifestFile), func(manifest []byte) []byte {
		var m map[string]any
		if json.Unmarshal(manifest, &m) != nil {
			return manifest
		}
		m["config_hash"], m["weights_hash"] = runlog.ConfigHash(text), hash
		manifest, _ = json.Marshal(m)
		return manifest
	})
	for _, name := range d.states() {
		d.forgeState(name, func(s *checkpoint.State, meta map[string]any) { meta["weights_hash"] = hash })
	}
}

// states are the names of the checkpoints.
func (d *damaged) states() (names []string) {
	all, _ := filepath.Glob(d.path(runlog.CheckpointsDir, "*.safetensors"))
	for _, path := range all {
		names = append(names, filepath.Base(path))
	}
	return names
}

// forgeState changes a checkpoint and gives it the right hashes.
func (d *damaged) forgeState(name string, change func(s *checkpoint.State, meta map[string]any)) {
	info, err := os.Lstat(d.path(runlog.CheckpointsDir, name))
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<24 {
		return
	}
	s, err := checkpoint.Load(d.path(runlog.CheckpointsDir, name))
	if err != nil {
		return
	}
	var meta map[string]any
	if json.Unmarshal(s.Meta, &meta) != nil {
		return
	}
	change(s, meta)
	if text, err := json.Marshal(meta); err == nil {
		s.Meta = text
	}
	_, _ = checkpoint.Save(d.path(runlog.CheckpointsDir), name, s)
}

// state forges something in every checkpoint, with the right hashes.
func (d *damaged) state() {
	what := d.rng.IntN(4)
	for _, name := range d.states() {
		d.forgeState(name, func(s *checkpoint.State, meta map[string]any) {
			t := &s.Tensors[d.rng.IntN(len(s.Tensors))]
			switch what {
			case 0: // weights that are no numbers
				for _, bits := range []uint32{math.Float32bits(float32(math.NaN())), math.Float32bits(float32(math.Inf(1)))} {
					if len(t.Data) >= 4 {
						binary.LittleEndian.PutUint32(t.Data[d.rng.IntN(len(t.Data)/4)*4:], bits)
					}
				}
			case 1:
				t.Name = "params/" + pick(d.rng, "\x1b[2J", "x", strings.Repeat("y", 4000))
			case 2:
				t.Shape = []int{len(t.Data) / 4, 1, 1}
			default: // a value of the description
				text, _ := json.Marshal(meta)
				var forged map[string]any
				if json.Unmarshal(d.forgeJSON(text), &forged) == nil {
					clear(meta)
					for k, v := range forged {
						meta[k] = v
					}
				}
			}
		})
	}
}

// header writes a checkpoint whose header claims what is not there.
func (d *damaged) header() {
	for _, name := range d.states() {
		d.edit(d.path(runlog.CheckpointsDir, name), func(text []byte) []byte {
			if len(text) < 8 {
				return text
			}
			n := min(binary.LittleEndian.Uint64(text), uint64(len(text)-8))
			if d.rng.IntN(2) == 0 {
				binary.LittleEndian.PutUint64(text, pick(d.rng, 0, 1<<24, 1<<40, math.MaxUint64, n+1))
				return text
			}
			forged := d.forgeJSON(text[8 : 8+n])
			out := binary.LittleEndian.AppendUint64(nil, uint64(len(forged)))
			return append(append(out, forged...), text[8+n:]...)
		})
	}
}

// log forges a line of metrics.jsonl, or adds one.
func (d *damaged) log() {
	d.edit(d.path(runlog.MetricsFile), func(text []byte) []byte {
		lines := bytes.SplitAfter(text, []byte("\n"))
		i := d.rng.IntN(len(lines))
		switch d.rng.IntN(3) {
		case 0:
			lines[i] = append(d.forgeJSON(lines[i]), '\n')
		case 1:
			kind := pick(d.rng, "start", "train", "valid", "orders", "samples", "density", "checkpoint", "phase", "event", "end", "\x1b")
			file, _ := json.Marshal(pick(d.rng, append(hostileTexts, "samples", "run.json", "../rows.csv")...))
			lines[i] = fmt.Appendf(nil, `{"t":%q,"step":%s,"time":%s,"file":%s,"shape":%s,"what":%s,"per_order":%s,"nll":%s,"status":"done","x":[0,1],"y":[0,1]}`+"\n",
				kind, d.value(), d.value(), file, d.value(), file, pick(d.rng, "[1]", d.value()), d.value())
		default:
			lines[i] = append(bytes.Repeat([]byte(pick(d.rng, "x", `{"a":`, "\x00")), 1<<20*(1+d.rng.IntN(6))), '\n')
		}
		return bytes.Join(lines, nil)
	})
}

// samples forges the header of an array.
func (d *damaged) samples() {
	all, _ := filepath.Glob(d.path(runlog.SamplesDir, "*.npy"))
	for _, path := range all {
		d.edit(path, func(text []byte) []byte {
			shape := regexp.MustCompile(`\([0-9, ]*\)`)
			return shape.ReplaceAll(text, []byte(pick(d.rng, "(1000000000, 1000000000)", "(0,)", "(1073741824,)", "()", "(64, 1, 1, 1, 7)", "(-1, 3)")))
		})
	}
}
