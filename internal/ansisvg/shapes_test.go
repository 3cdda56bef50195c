package ansisvg

import (
	"maps"
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var rectanglePath = regexp.MustCompile(`M(\S+) (\S+)h(\S+)v(\S+)h-(\S+)z`)

// covered is what part of one cell the rectangles of a colour cover, all of which must
// be inside of it. Those of a block element do not overlap.
func covered(t *testing.T, d *pictured, fill string) float64 {
	t.Helper()
	sum := 0.0
	for _, p := range d.paths() {
		if p.Fill != fill {
			continue
		}
		for _, m := range rectanglePath.FindAllStringSubmatch(p.D, -1) {
			x, y, w, h, back := parsed(t, m[1]), parsed(t, m[2]), parsed(t, m[3]), parsed(t, m[4]), parsed(t, m[5])
			if x < 0 || y < 0 || x+w > cellAcross || y+h > cellDown || w != back {
				t.Errorf("%s leaves its cell", m[0])
			}
			sum += w * h
		}
	}
	return sum / (cellAcross * cellDown)
}

func parsed(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A block element covers the part of its cell that Unicode names it by.
func TestBlocks(t *testing.T) {
	want := map[rune]float64{'▀': 4, '▐': 4, '▖': 2, '▗': 2, '▘': 2, '▝': 2, '▚': 4, '▞': 4, '▙': 6, '▟': 6, '▛': 6, '▜': 6}
	for i, r := range []rune("▁▂▃▄▅▆▇█") {
		want[r] = float64(i + 1)
	}
	for i, r := range []rune("█▉▊▋▌▍▎▏") {
		want[r] = float64(8 - i)
	}
	for r, eighths := range want {
		d := picture(t, []string{"\x1b[38;2;9;9;9m" + string(r)}, 1, 1)
		if got := covered(t, d, "#090909"); math.Abs(got-eighths/8) > 1e-12 {
			t.Errorf("%c covers %v of its cell, want %v eighths", r, got, eighths)
		}
		if len(d.texts()) > 0 {
			t.Errorf("%c is text, too", r)
		}
	}
	for r := '▀'; r <= '▟'; r++ {
		if !isShape(r) && r != '▔' && r != '▕' { // which no chart has
			t.Errorf("%c is not drawn", r)
		}
	}
	d := picture(t, []string{"\x1b[38;2;200;0;0;48;2;0;0;100m▒"}, 1, 1)
	if got := covered(t, d, "#640032"); got != 1 {
		t.Errorf("half of a shade in %+v", d.paths())
	}
}

// Half blocks are two pixels, and pixels beside each other have no seam.
func TestPixels(t *testing.T) {
	d := picture(t, []string{"\x1b[38;2;1;1;1;48;2;2;2;2m▀▀▀\x1b[0m"}, 3, 1)
	got := map[string]string{}
	for _, p := range d.paths() {
		got[p.Fill] = p.D
	}
	if got["#010101"] != "M0 0h27v9h-27z" || got["#020202"] != "M0 0h27v18h-27z" {
		t.Errorf("%v", got)
	}
}

// A block lies on its background, whatever colours came first.
func TestBlocksLieOnTheirBackground(t *testing.T) {
	const red, blue = "255;0;0", "0;0;255"
	line := "\x1b[38;2;" + red + ";48;2;" + blue + "m▀\x1b[38;2;" + blue + ";48;2;" + red + "m▀"
	painted := map[[2]int]string{} // by the cell and its half
	for _, p := range picture(t, []string{line}, 2, 1).paths() {
		for _, m := range rectanglePath.FindAllStringSubmatch(p.D, -1) {
			x, y, w, h := parsed(t, m[1]), parsed(t, m[2]), parsed(t, m[3]), parsed(t, m[4])
			for c := range 2 {
				for half := range 2 {
					cx, cy := (float64(c)+0.5)*cellAcross, (float64(half)+0.5)*cellDown/2
					if x < cx && cx < x+w && y < cy && cy < y+h {
						painted[[2]int{c, half}] = p.Fill
					}
				}
			}
		}
	}
	want := map[[2]int]string{{0, 0}: "#ff0000", {0, 1}: "#0000ff", {1, 0}: "#0000ff", {1, 1}: "#ff0000"}
	if !maps.Equal(painted, want) {
		t.Errorf("the pixels are %v, want %v", painted, want)
	}
}

var dot = regexp.MustCompile(`m(\S+) (\S+?)h0`)

// dots is the points of a picture, each of which is given by its distance from the one
// before.
func dots(t *testing.T, d *pictured) [][2]float64 {
	t.Helper()
	var all [][2]float64
	for _, p := range d.paths() {
		x, y := 0.0, 0.0
		for _, m := range dot.FindAllStringSubmatch(p.D, -1) {
			x, y = x+parsed(t, m[1]), y+parsed(t, m[2])
			all = append(all, [2]float64{x, y})
		}
	}
	return all
}

// A character of braille has a dot for each of its bits, in a grid of 2 x 4.
func TestBraille(t *testing.T) {
	places := map[rune][2]float64{'⠁': {0, 0}, '⠂': {0, 1}, '⠄': {0, 2}, '⡀': {0, 3}, '⠈': {1, 0}, '⠐': {1, 1}, '⠠': {1, 2}, '⢀': {1, 3}}
	for set := range 256 {
		r := rune(0x2800 + set)
		d := picture(t, []string{string(r)}, 1, 1)
		got := dots(t, d)
		if len(got) != bits.OnesCount(uint(set)) || len(d.texts()) > 0 {
			t.Errorf("%c has %d dots", r, len(got))
		}
		if want, ok := places[r]; ok {
			column, row := got[0][0]/(cellAcross/2.0), got[0][1]/(cellDown/4.0)
			if column != want[0]+0.5 || row != want[1]+0.5 {
				t.Errorf("%c has its dot at %v, %v", r, column, row)
			}
		}
	}
}

// Dots of several cells are where their cells are, whatever colours lie between them.
func TestDotsOfALine(t *testing.T) {
	const red, blue, end = "\x1b[38;2;255;0;0m", "\x1b[38;2;0;0;255m", "\x1b[0m"
	d := picture(t, []string{red + "⠁" + blue + "⠁" + red + "⠁" + end, red + "⠁"}, 3, 2)
	want := [][2]float64{{2.25, 2.25}, {20.25, 2.25}, {2.25, 20.25}, {11.25, 2.25}}
	if got := dots(t, d); !slices.Equal(got, want) {
		t.Errorf("dots at %v, want %v", got, want)
	}
}

// Lines of frames go to the sides that their character goes to, and meet there.
func TestBoxes(t *testing.T) {
	const left, right, up, down = "M0 9.5H", "H9", "M4.5 0V", "V18"
	for r, sides := range map[rune][]string{
		'─': {left, right}, '│': {up, down}, '└': {right, up}, '┤': {left, up, down}, '┬': {left, right, down},
	} {
		d := picture(t, []string{string(r)}, 1, 1)
		path := ""
		for _, p := range d.paths() {
			path += p.D
		}
		for _, side := range []string{left, right, up, down} {
			wanted := false
			for _, s := range sides {
				wanted = wanted || s == side
			}
			if strings.Contains(path+"M", side) != wanted {
				t.Errorf("%c is %s, to %s: want %v", r, path, side, wanted)
			}
		}
	}
	d := picture(t, []string{"│" + strings.Repeat("─", 158) + "┤", "│", "│", "└"}, 160, 4)
	if got := d.paths()[0].D; strings.Count(got, "M") != 4 {
		t.Errorf("lines that go on are not one: %s", got)
	}
}

var dash = regexp.MustCompile(`M(\S+) \S+H(\S+?)(M|$)`)

// Lines with gaps have as many dashes in a cell as Unicode names them by, and the same
// gap between all of them, also where two cells meet.
func TestDashes(t *testing.T) {
	for r, want := range map[rune]struct {
		dashes int
		width  float64
	}{'┄': {3, 1}, '╍': {2, 2}} {
		d := picture(t, []string{string([]rune{r, r})}, 2, 1)
		if len(d.paths()) != 1 || len(d.texts()) > 0 {
			t.Fatalf("%c is %+v with text %+v", r, d.paths(), d.texts())
		}
		p := d.paths()[0]
		if heavy := p.Width == "2"; heavy != (want.width == 2) {
			t.Errorf("%c is %q wide", r, p.Width)
		}
		var dashes [][2]float64
		for path := p.D; path != ""; {
			m := dash.FindStringSubmatch(path)
			if m == nil {
				t.Fatalf("%c has the path %s", r, p.D)
			}
			dashes = append(dashes, [2]float64{parsed(t, m[1]) - want.width/2, parsed(t, m[2]) + want.width/2})
			path = path[len(m[0])-len(m[3]):]
		}
		if len(dashes) != 2*want.dashes {
			t.Fatalf("two of %c have the dashes %v", r, dashes)
		}
		for i, d := range dashes {
			last := dashes[len(dashes)-1][1] - 2*cellAcross // of the cell to the left
			if i > 0 {
				last = dashes[i-1][1]
			}
			if d[1] <= d[0] || d[0]-last != dashes[1][0]-dashes[0][1] || d[0]-last <= 0 {
				t.Errorf("dash %d of %c is %v after %v", i, r, d, last)
			}
		}
	}
}
