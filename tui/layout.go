package tui

import "slices"

// rect is a part of the screen, in cells.
type rect struct{ x, y, w, h int }

func (r rect) contains(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// shape is how the panels share the screen.
type shape int

const (
	asText    shape = iota // too small for a panel: the header alone
	onePanel               // the panel in focus, under a line of tabs where there is room
	accordion              // the panel in focus, and of each other one a line
	columns                // all panels, in two or three columns
)

// place is a panel on the screen. A shut one is a line.
type place struct {
	panel panel
	rect
	shut bool
}

// layout is where everything is.
type layout struct {
	shape          shape
	header, footer rect
	tabs           rect // of onePanel; without height where there is none
	places         []place
}

// The least that panels need.
const (
	leastPanelWidth   = 16
	leastPanelHeight  = 4
	accordionWidth    = 60
	accordionHeight   = 8 // of the open panel
	columnsWidth      = 100
	columnsHeight     = 28
	threeColumnsWidth = 160
)

// widths are those of two and of three columns.
var widths = [2][]int{{56, 44}, {44, 32, 24}}

// arrange lays out a screen of w x h cells for the panels that there are, of which the
// list of runs wants a number of rows. With full the panel in focus has all the room.
func arrange(w, h int, panels []panel, runs int, focus panel, full bool) layout {
	if w <= 0 || h <= 0 {
		return layout{}
	}
	if w < leastPanelWidth || h < leastPanelHeight+1 {
		return layout{shape: asText, header: rect{0, 0, w, h}}
	}
	l := layout{header: rect{0, 0, w, headerHeight(w, h)}}
	if h >= 10 {
		l.footer = rect{0, h - 1, w, 1}
	}
	body := rect{0, l.header.h, w, h - l.header.h - l.footer.h}
	switch shut := len(panels) - 1; {
	case full:
	case w >= columnsWidth && h >= columnsHeight:
		l.shape = columns
		l.places = inColumns(body, w, panels, runs)
		return l
	case w >= accordionWidth && body.h-shut >= accordionHeight:
		l.shape = accordion
		y := body.y
		for _, p := range panels {
			at := place{p, rect{0, y, w, 1}, true}
			if p == focus {
				at.h, at.shut = body.h-shut, false
			}
			y += at.h
			l.places = append(l.places, at)
		}
		return l
	}
	l.shape = onePanel
	if body.h > leastPanelHeight+1 && !full {
		l.tabs = rect{0, body.y, w, 1}
		body.y, body.h = body.y+1, body.h-1
	}
	l.places = []place{{panel: focus, rect: body}}
	return l
}

// headerHeight is how many lines the header takes.
func headerHeight(w, h int) int {
	switch {
	case w >= columnsWidth && h >= columnsHeight:
		return 3
	case h >= 14 && w >= 40:
		return 2
	}
	return 1
}

// inColumns divides a body among columns, and each column among its panels.
func inColumns(body rect, w int, panels []panel, runs int) []place {
	n := 0
	if w >= threeColumnsWidth {
		n = 1
	}
	var places []place
	for c, x := range cuts(body.w, widths[n]) {
		at := rect{body.x + x.from, body.y, x.to - x.from, body.h}
		in := slices.DeleteFunc(slices.Clone(panels), func(p panel) bool { return p.spec().size[n].column != c })
		slices.SortFunc(in, func(a, b panel) int { return a.spec().size[n].row - b.spec().size[n].row })
		var weights []int
		for _, p := range in {
			if weight := p.spec().size[n].weight; weight > 0 {
				weights = append(weights, weight)
				continue
			}
			list := at // as high as its list, within reason
			list.h = min(max(runs+3, 5), body.h/2)
			places = append(places, place{panel: p, rect: list})
			at.y, at.h = at.y+list.h, at.h-list.h
		}
		in = in[len(in)-len(weights):]
		for i, y := range cuts(at.h, weights) {
			places = append(places, place{panel: in[i], rect: rect{at.x, at.y + y.from, at.w, y.to - y.from}})
		}
	}
	return places
}

type span struct{ from, to int }

// cuts divides a length in proportion to weights, without a rest.
func cuts(length int, weights []int) []span {
	total := 0
	for _, w := range weights {
		total += w
	}
	spans, sum := make([]span, len(weights)), 0
	for i, w := range weights {
		from := length * sum / total
		sum += w
		spans[i] = span{from, length * sum / total}
	}
	return spans
}
