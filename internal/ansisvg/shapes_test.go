package ansisvg

import (
	"maps"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// point is a place of a picture.
type point struct{ x, y float64 }

var command = regexp.MustCompile(`([A-Za-z])([^A-Za-z]*)`)

var coordinate = regexp.MustCompile(`-?[0-9.]+`)

// strokes are the parts of a path without curves, each with its corners. That of a dot has one place twice.
func strokes(t *testing.T, path string) [][]point {
	t.Helper()
	var all [][]point
	var at point
	for _, m := range command.FindAllStringSubmatch(path, -1) {
		var v []float64
		for _, s := range coordinate.FindAllString(m[2], -1) {
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			v = append(v, f)
		}
		last := len(all) - 1
		switch m[1] {
		case "M":
			at = point{v[0], v[1]}
		case "m":
			at = point{at.x + v[0], at.y + v[1]}
		case "h":
			at.x += v[0]
		case "v":
			at.y += v[0]
		case "z":
			at = all[last][0]
			continue
		default:
			t.Fatalf("%s is not understood in %s", m[0], path)
		}
		switch {
		case m[1] == "M" || m[1] == "m" && len(all[last]) > 1:
			all = append(all, []point{at})
		case m[1] == "m":
			all[last][0] = at
		default:
			all[last] = append(all[last], at)
		}
	}
	return all
}

// inside says whether a place is inside of corners whose sides are level or upright, by how often they go round it.
func inside(corners []point, p point) bool {
	round := 0
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		switch {
		case a.x < p.x || a.x != b.x:
		case a.y < p.y && p.y < b.y:
			round++
		case b.y < p.y && p.y < a.y:
			round--
		}
	}
	return round != 0
}

// covered is how many eighths of one cell the areas of a colour cover, all of which must be inside of it.
func covered(t *testing.T, d *pictured, fill string) float64 {
	t.Helper()
	sum := 0.0
	for _, p := range d.paths() {
		if p.Fill != fill {
			continue
		}
		for _, corners := range strokes(t, p.D) {
			for _, c := range corners {
				if c.x < 0 || c.y < 0 || c.x > cellAcross || c.y > cellDown {
					t.Errorf("%s leaves its cell", p.D)
				}
			}
			for i := range 64 {
				if inside(corners, point{(float64(i%8) + 0.5) * cellAcross / 8, (float64(i/8) + 0.5) * cellDown / 8}) {
					sum++
				}
			}
		}
	}
	return sum / 8
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
		if got := covered(t, d, "#090909"); got != eighths {
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
	for r, want := range map[rune]string{'░': "0.25", '▒': "0.5", '▓': "0.75"} {
		d := picture(t, []string{"\x1b[38;2;200;0;0m" + string(r)}, 1, 1)
		if got := covered(t, d, "#c80000"); got != 8 || d.paths()[0].Share != want {
			t.Errorf("%c is %+v", r, d.paths())
		}
	}
}

// Half blocks are two pixels, and pixels beside each other have no seam.
func TestPixels(t *testing.T) {
	d := picture(t, []string{"\x1b[38;2;1;1;1;48;2;2;2;2m▀▀▀\x1b[0m"}, 3, 1)
	got := map[string]string{}
	for _, p := range d.paths() {
		got[p.Fill] = p.D
	}
	if got["#010101"] != "M0 0h9v9h-9zM9 0h9v9h-9zM18 0h9v9h-9z" || got["#020202"] != "M0 0h9v18h-9zM9 0h9v18h-9zM18 0h9v18h-9z" {
		t.Errorf("%v", got)
	}
}

// A block lies on its background, whatever colours came first.
func TestBlocksLieOnTheirBackground(t *testing.T) {
	const red, blue = "255;0;0", "0;0;255"
	line := "\x1b[38;2;" + red + ";48;2;" + blue + "m▀\x1b[38;2;" + blue + ";48;2;" + red + "m▀"
	painted := map[[2]int]string{} // by the cell and its half
	for _, p := range picture(t, []string{line}, 2, 1).paths() {
		for _, corners := range strokes(t, p.D) {
			for i := range 4 {
				if inside(corners, point{(float64(i%2) + 0.5) * cellAcross, (float64(i/2) + 0.5) * cellDown / 2}) {
					painted[[2]int{i % 2, i / 2}] = p.Fill
				}
			}
		}
	}
	want := map[[2]int]string{{0, 0}: "#ff0000", {0, 1}: "#0000ff", {1, 0}: "#0000ff", {1, 1}: "#ff0000"}
	if !maps.Equal(painted, want) {
		t.Errorf("the pixels are %v, want %v", painted, want)
	}
}

// dots is the points of a picture.
func dots(t *testing.T, d *pictured) []point {
	t.Helper()
	var all []point
	for _, p := range d.paths() {
		for _, s := range strokes(t, p.D) {
			if len(s) == 2 && s[0] == s[1] {
				all = append(all, s[0])
			} else if len(s) > 1 {
				t.Errorf("%v is no dot", s)
			}
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
			column, row := got[0].x/(cellAcross/2.0), got[0].y/(cellDown/4.0)
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
	want := []point{{2.25, 2.25}, {20.25, 2.25}, {2.25, 20.25}, {11.25, 2.25}}
	if got := dots(t, d); !slices.Equal(got, want) {
		t.Errorf("dots at %v, want %v", got, want)
	}
}

// Lines of frames go to the sides that their character goes to, and meet there.
func TestBoxes(t *testing.T) {
	left, right, up, down := point{0, 9.5}, point{9, 9.5}, point{4.5, 0}, point{4.5, 18}
	for r, want := range map[rune][]point{
		'─': {left, right}, '│': {up, down}, '└': {right, up}, '┤': {left, up, down}, '┬': {left, right, down},
	} {
		reached := map[point]bool{}
		for _, p := range picture(t, []string{string(r)}, 1, 1).paths() {
			for _, s := range strokes(t, p.D) {
				for _, end := range s {
					reached[end] = true
				}
			}
		}
		delete(reached, point{4.5, 9.5})
		for _, side := range want {
			if !reached[side] {
				t.Errorf("%c does not reach %v", r, side)
			}
		}
		if len(reached) != len(want) {
			t.Errorf("%c reaches %v, want %v", r, reached, want)
		}
	}
}

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
		for _, s := range strokes(t, p.D) {
			dashes = append(dashes, [2]float64{s[0].x - want.width/2, s[1].x + want.width/2})
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
