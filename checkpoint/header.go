package checkpoint

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	metadataKey = "__metadata__"
	formatName  = "maskflow"
	version     = "1"

	// headerPrefix comes first, so that the digest of the header has a fixed
	// place in it.
	headerPrefix = `{"` + metadataKey + `":{"header_sha256":"`

	lengthSize = 8
	maxHeader  = 32 << 20 // safetensors itself has 100 MB
)

var zeroDigest = strings.Repeat("0", 2*sha256.Size)

// metadata is the manifest.
type metadata struct {
	HeaderSHA256 string `json:"header_sha256"`
	DataSHA256   string `json:"data_sha256"`
	Format       string `json:"format"`
	Version      string `json:"version"`
	Step         string `json:"step"`
	Meta         string `json:"meta,omitempty"`
}

// tensorInfo is the entry of a tensor.
type tensorInfo struct {
	DType   DType   `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"`
}

// encodeHeader validates a state and writes its header.
func encodeHeader(s *State) ([]byte, error) {
	if s.Step < 0 {
		return nil, fmt.Errorf("the step %d is negative", s.Step)
	}
	if len(s.Meta) > 0 && (!json.Valid(s.Meta) || !utf8.Valid(s.Meta)) {
		return nil, errors.New("meta is not JSON")
	}
	sum := sha256.New()
	for i := range s.Tensors {
		sum.Write(s.Tensors[i].Data)
	}
	text := appendEntry([]byte("{"), metadataKey, metadata{HeaderSHA256: zeroDigest, DataSHA256: hex.EncodeToString(sum.Sum(nil)),
		Format: formatName, Version: version, Step: strconv.FormatInt(s.Step, 10), Meta: string(s.Meta)})
	seen := make(map[string]bool, len(s.Tensors))
	offset := int64(0)
	for i := range s.Tensors {
		t := &s.Tensors[i]
		if err := t.validate(); err != nil {
			return nil, err
		}
		if !utf8.ValidString(t.Name) {
			return nil, fmt.Errorf("the name %q is not UTF-8", t.Name)
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("two tensors have the name %q", t.Name)
		}
		seen[t.Name] = true
		begin := offset
		offset += int64(len(t.Data))
		// a scalar has an empty shape: null is none
		text = appendEntry(append(text, ','), t.Name, tensorInfo{t.DType, append([]int{}, t.Shape...), []int64{begin, offset}})
	}
	text = append(text, '}')
	text = append(text, strings.Repeat(" ", -len(text)&7)...)
	if len(text) > maxHeader {
		return nil, fmt.Errorf("the header takes %d bytes and may take %d", len(text), maxHeader)
	}
	hex.Encode(text[len(headerPrefix):], digest(text))
	return text, nil
}

// appendEntry appends a name and what it has, of valid UTF-8, as JSON.
func appendEntry(text []byte, name string, entry any) []byte {
	key, errOfName := json.Marshal(name)
	value, err := json.Marshal(entry)
	if err = cmp.Or(errOfName, err); err != nil {
		panic(err) // texts and numbers do not fail
	}
	return append(append(append(text, key...), ':'), value...)
}

// digest hashes a header that has zeros in the place of its digest.
func digest(text []byte) []byte {
	sum := sha256.Sum256(text)
	return sum[:]
}

// header is what the JSON at the start of a checkpoint says. The data of its
// tensors is not filled in.
type header struct {
	State
	dataSHA256 string
}

// decodeHeader verifies and parses the header of a file with dataLen bytes of
// data. It changes text.
func decodeHeader(text []byte, dataLen int64) (*header, error) {
	end := len(headerPrefix) + len(zeroDigest)
	if len(text) < end || string(text[:len(headerPrefix)]) != headerPrefix {
		return nil, errors.New("the file is not a checkpoint of maskflow")
	}
	place := text[len(headerPrefix):end]
	want := string(place)
	copy(place, zeroDigest)
	if hex.EncodeToString(digest(text)) != want {
		return nil, errors.New("the header is damaged: it does not match its hash")
	}
	h := new(header)
	if err := h.parse(text, dataLen); err != nil {
		return nil, fmt.Errorf("in the header: %w", err)
	}
	return h, nil
}

// parse reads the JSON key by key, since a map would hide a name that comes
// twice and lose the order.
func (h *header) parse(text []byte, dataLen int64) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if _, err := dec.Token(); err != nil { // the brace of headerPrefix
		return err
	}
	seen := map[string]bool{}
	offset := int64(0)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if seen[name] {
			return fmt.Errorf("the name %q comes twice", name)
		}
		seen[name] = true
		if name == metadataKey {
			err = h.parseMetadata(dec)
		} else {
			offset, err = h.parseTensor(dec, name, offset)
		}
		if err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if rest := text[dec.InputOffset():]; len(bytes.Trim(rest, " ")) > 0 {
		return errors.New("something follows the end of the JSON")
	}
	if offset != dataLen {
		return fmt.Errorf("the tensors take %d bytes, but the file has %d bytes of data", offset, dataLen)
	}
	return nil
}

func (h *header) parseMetadata(dec *json.Decoder) error {
	var m metadata
	if err := dec.Decode(&m); err != nil {
		return fmt.Errorf("%s: %w", metadataKey, err)
	}
	if m.Format != formatName || m.Version != version {
		return fmt.Errorf("the format is %.20q version %.20q, and this program reads %q version %q", m.Format, m.Version, formatName, version)
	}
	step, err := strconv.ParseInt(m.Step, 10, 64)
	if err != nil || step < 0 {
		return fmt.Errorf("the step is %.40q", m.Step)
	}
	if m.Meta != "" {
		if !json.Valid([]byte(m.Meta)) {
			return errors.New("meta is not JSON")
		}
		h.Meta = json.RawMessage(m.Meta)
	}
	h.Step, h.dataSHA256 = step, m.DataSHA256
	return nil
}

// parseTensor reads one entry. The data of a tensor begins where that of the
// one before ends: no overlap, no hole.
func (h *header) parseTensor(dec *json.Decoder, name string, begin int64) (end int64, err error) {
	var info tensorInfo
	if err := dec.Decode(&info); err != nil {
		return 0, fmt.Errorf("tensor %q: %w", name, err)
	}
	if name == "" {
		return 0, errors.New("a tensor has no name")
	}
	length, err := byteLen(info.DType, info.Shape)
	if err != nil {
		return 0, fmt.Errorf("tensor %q: %w", name, err)
	}
	o := info.Offsets
	if info.Shape == nil || len(o) != 2 {
		return 0, fmt.Errorf("tensor %q has no shape or no two offsets", name)
	}
	if o[0] != begin {
		return 0, fmt.Errorf("the data of tensor %q begins at %d, not at %d where that before ends", name, o[0], begin)
	}
	if o[1] < begin || o[1]-begin != length {
		return 0, fmt.Errorf("tensor %q has the offsets %v, but %s %v takes %d bytes", name, o, info.DType, info.Shape, length)
	}
	h.Tensors = append(h.Tensors, Tensor{Name: name, DType: info.DType, Shape: info.Shape})
	return o[1], nil
}
