package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// testState has every type, a scalar, an empty tensor and lengths that are no
// multiple of 8.
func testState(t testing.TB) *State {
	t.Helper()
	return &State{
		Step: 1234,
		Tensors: []Tensor{
			tensor[float32](t, "hidden/0/weights", []int{2, 3}, 1, -2, 3.5, 4, 5, 6),
			tensor(t, "flags", []int{3}, true, false, true),
			tensor[uint64](t, "seed", nil, 1<<63+11),
			tensor[float32](t, "none", []int{5, 0, 7}),
			tensor[uint8](t, "bytes \"quoted\" <é>", []int{5}, 1, 2, 3, 4, 5),
			tensor[int32](t, "i", []int{1, 1}, -7),
			tensor[int64](t, "j", []int{1}, -1<<40),
			tensor(t, "k", []int{2}, 0.1, -0.2),
		},
		Meta: json.RawMessage(`{ "cursor": [3, 5],  "note": "<\u00e9>" }`),
	}
}

func save(t testing.TB, dir string, s *State) string {
	t.Helper()
	path, err := Save(dir, StepName(s.Step), s)
	ok(t, err)
	return path
}

func equal(a, b *State) bool {
	return a.Step == b.Step && bytes.Equal(a.Meta, b.Meta) && slices.EqualFunc(a.Tensors, b.Tensors, func(x, y Tensor) bool {
		return x.Name == y.Name && x.DType == y.DType && slices.Equal(x.Shape, y.Shape) && bytes.Equal(x.Data, y.Data)
	})
}

func TestSaveAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run", "checkpoints")
	want := testState(t)
	path := save(t, dir, want)
	if path != filepath.Join(dir, "step-00001234.safetensors") {
		t.Errorf("saved as %s", path)
	}
	got, err := Load(path)
	ok(t, err)
	if !equal(got, want) {
		t.Errorf("loaded %+v\nnot %+v", got, want)
	}

	empty := &State{Step: 7}
	got, err = Load(save(t, dir, empty))
	if err != nil || !equal(got, empty) {
		t.Errorf("the empty state loads as %+v (%v)", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}

func drawState(t *rapid.T) *State {
	s := &State{Step: rapid.Int64Min(0).Draw(t, "step")}
	names := rapid.StringN(1, 11, -1).Filter(func(n string) bool { return n != metadataKey })
	for _, name := range rapid.SliceOfNDistinct(names, 0, 7, rapid.ID).Draw(t, "names") {
		x := Tensor{
			Name:  name,
			DType: rapid.SampledFrom([]DType{F32, F64, I32, I64, U8, U64, Bool}).Draw(t, "dtype"),
			Shape: rapid.SliceOfN(rapid.IntRange(0, 5), 0, 3).Draw(t, "shape"),
		}
		n := x.DType.Size()
		for _, d := range x.Shape {
			n *= d
		}
		x.Data = rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "data")
		s.Tensors = append(s.Tensors, x)
	}
	if rapid.Bool().Draw(t, "has meta") {
		meta, err := json.Marshal(rapid.MapOfN(rapid.String(), rapid.Int64(), 0, 3).Draw(t, "meta"))
		if err != nil {
			t.Fatal(err)
		}
		s.Meta = meta
	}
	return s
}

func encode(t interface{ Fatal(...any) }, s *State) []byte {
	head, err := encodeHeader(s)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := write(&file, head, s.Tensors); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func decode(file []byte) (*State, error) {
	return read(bytes.NewReader(file), int64(len(file)), true)
}

func TestStatesReadBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawState(t)
		file := encode(t, want)
		got, err := decode(file)
		if err != nil || !equal(got, want) {
			t.Fatalf("%+v reads back as %+v (%v)", want, got, err)
		}
		checkLayout(t, file, want)
	})
}

// checkLayout reads a file by the text of the safetensors format alone.
func checkLayout(t interface{ Fatalf(string, ...any) }, file []byte, want *State) {
	n := binary.LittleEndian.Uint64(file)
	head, data := file[8:8+n], file[8+n:]
	if head[0] != '{' || len(head)%8 != 0 {
		t.Fatalf("the header begins with %q and has %d bytes", head[0], n)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(head, &entries); err != nil {
		t.Fatalf("the header is no JSON: %v", err)
	}
	var metadata map[string]string
	if err := json.Unmarshal(entries["__metadata__"], &metadata); err != nil {
		t.Fatalf("the metadata are no strings: %v", err)
	}
	if sum := sha256.Sum256(data); metadata["data_sha256"] != hex.EncodeToString(sum[:]) {
		t.Fatalf("the hash of the data is %s, not %x", metadata["data_sha256"], sum)
	}
	zeroed := strings.Replace(string(head), metadata["header_sha256"], strings.Repeat("0", 64), 1)
	if sum := sha256.Sum256([]byte(zeroed)); metadata["header_sha256"] != hex.EncodeToString(sum[:]) {
		t.Fatalf("the hash of the header is %s, not %x", metadata["header_sha256"], sum)
	}
	if metadata["step"] != fmt.Sprint(want.Step) || metadata["meta"] != string(want.Meta) {
		t.Fatalf("the metadata are %v", metadata)
	}
	delete(entries, "__metadata__")
	if len(entries) != len(want.Tensors) {
		t.Fatalf("%d entries for %d tensors", len(entries), len(want.Tensors))
	}
	at := 0
	for _, x := range want.Tensors {
		var info struct {
			DType   string `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}
		if err := json.Unmarshal(entries[x.Name], &info); err != nil {
			t.Fatalf("tensor %q: %v", x.Name, err)
		}
		if info.DType != string(x.DType) || info.Shape == nil || !slices.Equal(info.Shape, x.Shape) || info.Offsets[0] != at {
			t.Fatalf("tensor %q is entered as %+v", x.Name, info)
		}
		if at = info.Offsets[1]; !bytes.Equal(data[info.Offsets[0]:at], x.Data) {
			t.Fatalf("tensor %q has other data", x.Name)
		}
	}
	if at != len(data) {
		t.Fatalf("%d bytes of data for tensors of %d", len(data), at)
	}
}

// No damage goes unseen: not one changed bit, not one missing or extra byte.
func TestDamageIsSeen(t *testing.T) {
	file := encode(t, testState(t))
	if _, err := decode(file); err != nil {
		t.Fatal(err)
	}
	for i := range file {
		for bit := range 8 {
			damaged := slices.Clone(file)
			damaged[i] ^= 1 << bit
			if _, err := decode(damaged); err == nil {
				t.Errorf("bit %d of byte %d changed and nobody saw", bit, i)
			}
		}
		if _, err := decode(file[:i]); err == nil {
			t.Errorf("cut after %d bytes and nobody saw", i)
		}
	}
	if _, err := decode(append(slices.Clone(file), 0)); err == nil {
		t.Error("a byte too many and nobody saw")
	}
}

// sign makes a file whose hashes are right around any header entries.
func sign(entries string, data []byte) []byte {
	sum := sha256.Sum256(data)
	head := []byte(headerPrefix + zeroDigest + `","data_sha256":"` + hex.EncodeToString(sum[:]) + `","format":"maskflow"` + entries)
	sum = sha256.Sum256(head)
	hex.Encode(head[len(headerPrefix):], sum[:])
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return append(append(file, head...), data...)
}

func TestHostileHeaders(t *testing.T) {
	const begin = `,"version":"1","step":"3"}`
	data := make([]byte, 8)
	if s, err := decode(sign(begin+`,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  `, data)); err != nil || s.Step != 3 {
		t.Fatalf("the model of them all: %+v, %v", s, err)
	}
	for _, c := range []struct{ entries, want string }{
		{begin + `}`, "take 0 bytes"},
		{begin + `,"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}`, "take 12 bytes"},
		{begin + `,"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, "takes 12 bytes"},
		{begin + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "begins at 0, not at 4"},
		{begin + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "begins at 4, not at 0"},
		{begin + `,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[-2],"data_offsets":[8,0]}}`, "negative"},
		{begin + `,"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}`, "negative"},
		{begin + `,"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, "too large"},
		{begin + `,"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}`, "a"},
		{begin + `,"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}`, "unknown type"},
		{begin + `,"a":{"dtype":"F32","data_offsets":[0,4]}}`, "no shape"},
		{begin + `,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}`, "no two offsets"},
		{begin + `,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, "unknown field"},
		{begin + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "twice"},
		{begin + `,"__metadata__":{}}`, "twice"},
		{begin + `,"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "no name"},
		{begin + `,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x`, "follows"},
		{begin + `,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`, "EOF"},
		{`,"version":"2","step":"3"}}`, "version"},
		{`,"version":"1","step":"-3"}}`, "step"},
		{`,"version":"1"}}`, "step"},
		{`,"version":"1","step":3}}`, "string"},
		{`,"version":"1","step":"3","meta":"{"}}`, "meta"},
	} {
		s, err := decode(sign(c.entries, data))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\ngives %+v and the error %v, which does not say %q", c.entries, s, err, c.want)
		}
	}

	long := binary.LittleEndian.AppendUint64(nil, 1<<63)
	if _, err := decode(append(long, data...)); err == nil {
		t.Error("a header of 2^63 bytes was read")
	}
	foreign := `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(foreign)))
	if _, err := decode(append(append(file, foreign...), data...)); err == nil || !strings.Contains(err.Error(), "not a checkpoint of maskflow") {
		t.Errorf("a foreign file: %v", err)
	}
}

func TestSaveRefuses(t *testing.T) {
	dir := t.TempDir()
	good := Tensor{Name: "a", DType: F32, Shape: []int{1}, Data: make([]byte, 4)}
	with := func(change func(*Tensor)) *State {
		x := good
		change(&x)
		return &State{Tensors: []Tensor{x}}
	}
	for name, s := range map[string]*State{
		"short data":      with(func(x *Tensor) { x.Data = x.Data[:3] }),
		"unknown type":    with(func(x *Tensor) { x.DType = "BF16" }),
		"no name":         with(func(x *Tensor) { x.Name = "" }),
		"reserved name":   with(func(x *Tensor) { x.Name = metadataKey }),
		"name not UTF-8":  with(func(x *Tensor) { x.Name = "\xff" }),
		"same name twice": {Tensors: []Tensor{good, good}},
		"negative step":   {Step: -1},
		"meta not JSON":   {Meta: json.RawMessage(`{`)},
		"meta not UTF-8":  {Meta: json.RawMessage("\"\xff\"")},
	} {
		if _, err := Save(dir, Best, s); err == nil {
			t.Errorf("%s: saved", name)
		}
	}
	for _, name := range []string{"", "x", ".hidden.safetensors", "../best.safetensors", StepName(2)} {
		if _, err := Save(dir, name, &State{Step: 1}); err == nil {
			t.Errorf("saved as %q", name)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}

// A save that fails half-way leaves what was there, and no litter.
func TestFailedSave(t *testing.T) {
	dir := t.TempDir()
	want := testState(t)
	_, err := Save(dir, Best, want)
	ok(t, err)
	blocked := filepath.Join(dir, "blocked"+suffix) // a folder cannot be replaced by a file
	ok(t, os.MkdirAll(filepath.Join(blocked, "x"), 0o755))
	if _, err := Save(dir, "blocked"+suffix, want); err == nil {
		t.Error("saved over a folder")
	}
	got, err := Load(filepath.Join(dir, Best))
	if err != nil || !equal(got, want) {
		t.Errorf("the one before is now %+v (%v)", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
	if err := write(&shortWriter{room: 30}, make([]byte, 8), want.Tensors); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("disk full")

type shortWriter struct{ room int }

func (w *shortWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.room)
	w.room -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// Any file is refused or reads as a state that is written and read again.
func FuzzLoad(f *testing.F) {
	whole := encode(f, testState(f))
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(whole[:100])
	f.Add(encode(f, &State{}))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 16))
	f.Fuzz(func(t *testing.T, file []byte) { checkDecode(t, file) })
}

// The same behind the hashes, which a fuzzer cannot guess.
func FuzzSignedHeader(f *testing.F) {
	f.Add(`,"version":"1","step":"3"}}`, []byte{})
	f.Add(`,"version":"1","step":"3","meta":"[1]"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  `, make([]byte, 8))
	f.Add(`,"version":"1","step":"3"},"a":{"dtype":"U8","shape":[0,9223372036854775807],"data_offsets":[0,0]},"b":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}`, []byte{1})
	f.Add(`,"version":"1","step":"3"},"a":{"dtype":"I64","shape":[null],"data_offsets":[null,0]}}`, []byte{})
	f.Add(`,"version":"1","step":"3"},"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[1],"data_offsets":[-8,0]}}`, make([]byte, 8))
	f.Fuzz(func(t *testing.T, entries string, data []byte) { checkDecode(t, sign(entries, data)) })
}

func checkDecode(t *testing.T, file []byte) {
	kept, err := read(bytes.NewReader(file), int64(len(file)), true)
	if _, verifyErr := read(bytes.NewReader(file), int64(len(file)), false); (err == nil) != (verifyErr == nil) {
		t.Fatalf("loading says %v, verifying %v", err, verifyErr)
	}
	if err != nil {
		return
	}
	again, err := decode(encode(t, kept))
	if err != nil || !equal(kept, again) {
		t.Fatalf("%+v reads back as %+v (%v)", kept, again, err)
	}
}

func BenchmarkSave(b *testing.B) {
	dir := b.TempDir()
	s := &State{Tensors: []Tensor{{Name: "w", DType: F32, Shape: []int{16 << 20}, Data: make([]byte, 64<<20)}}}
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Save(dir, Best, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	s := &State{Tensors: []Tensor{{Name: "w", DType: F32, Shape: []int{16 << 20}, Data: make([]byte, 64<<20)}}}
	path, err := Save(b.TempDir(), Best, s)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(64 << 20)
	for b.Loop() {
		if _, err := Load(path); err != nil {
			b.Fatal(err)
		}
	}
}
