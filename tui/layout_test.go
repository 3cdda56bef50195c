package tui

import (
	"testing"

	"pgregory.net/rapid"
)

// Panels lie inside of the screen, none over another, and together they fill it.
func TestPanelsTileTheScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(-3, 250).Draw(t, "w"), rapid.IntRange(-3, 80).Draw(t, "h")
		if rapid.Bool().Draw(t, "large") { // where all panels are seen
			w, h = max(w, columnsWidth), max(h, columnsHeight)
		}
		panels := newPanels(&model{})
		if rapid.Bool().Draw(t, "one run") {
			panels = panels[:len(panels)-1]
		}
		focus := rapid.SampledFrom(panels).Draw(t, "focus")
		l := arrange(w, h, panels, rapid.SampledFrom([]int{0, 1, 5, 40, 300}).Draw(t, "runs"), focus, rapid.Bool().Draw(t, "full"))
		owner := map[[2]int]bool{}
		claim := func(r rect) {
			for y := r.y; y < r.y+r.h; y++ {
				for x := r.x; x < r.x+r.w; x++ {
					if owner[[2]int{x, y}] || x < 0 || y < 0 || x >= w || y >= h {
						t.Fatalf("cell %d,%d of %d x %d belongs to two, or is outside: %+v", x, y, w, h, l)
					}
					owner[[2]int{x, y}] = true
				}
			}
		}
		claim(l.header)
		claim(l.tabs)
		claim(l.footer)
		open := 0
		for _, p := range l.places {
			claim(p.rect)
			if !p.shut {
				open++
			}
		}
		if len(owner) != max(0, w)*max(0, h) {
			t.Fatalf("%d of %d cells belong to nobody: %+v", max(0, w)*max(0, h)-len(owner), w*h, l)
		}
		switch l.shape {
		case columns:
			if open != len(panels) {
				t.Fatalf("%d of %d panels are seen", open, len(panels))
			}
		case accordion, onePanel:
			if open != 1 {
				t.Fatalf("%d panels are open", open)
			}
			for _, p := range l.places {
				if !p.shut && p.panel != focus {
					t.Fatalf("the open panel is %s, the focus on %s", p.panel.spec().name, focus.spec().name)
				}
			}
		}
	})
}

// The sizes that people have, and what they get.
func TestShapesOfScreens(t *testing.T) {
	panels := newPanels(&model{})[:6]
	for _, c := range []struct {
		w, h int
		want shape
	}{{200, 60, columns}, {120, 40, columns}, {100, 28, columns}, {80, 24, accordion}, {60, 20, accordion}, {60, 14, onePanel}, {40, 10, onePanel}, {20, 5, onePanel}, {20, 4, asText}, {10, 3, asText}, {1, 1, asText}} {
		if got := arrange(c.w, c.h, panels, 1, panels[0], false).shape; got != c.want {
			t.Errorf("%d x %d has shape %d, want %d", c.w, c.h, got, c.want)
		}
	}
}
