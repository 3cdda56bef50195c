package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
)

// model is the state of the monitor that its panels share; see [panel] for theirs.
type model struct {
	o             Options
	theme         theme
	width, height int

	selection
	feed
	cover
	machine machine   // of the chosen run
	waiting []request // what was asked of trainers and not yet answered
	outcome Outcome
	all     []panel // those that there may be
	focus   panel
	full    bool
	charts  chartView
	curves  curves
	mouse   bool
	drawn   *screen // the last picture, while nothing has changed
}

// selection is which of the runs are shown, and how.
type selection struct {
	set       monitor.Group
	chosen    string          // directory of the run whose details are shown
	hidden    map[string]bool // directories of runs that are not drawn
	sort      monitor.Sorting
	query     monitor.Query
	colours   map[string]int // of runs by directory, in the sequence in which they were met
	ensembles bool           // a run has several orders, or will
	contexts  bool           // a run has a context
	lists     *lists         // while nothing has changed
}

// cover is what lies over the panels.
type cover struct {
	help    bool
	helpTop int
	dialog  *dialog
	prompt  *prompt
	message message
}

// screen is a picture with where things are in it.
type screen struct {
	lines  []string
	layout layout
	charts []placedChart // in cells of the screen
	cursor *tea.Cursor
}

// messageGone says that the time of a message is over.
type messageGone struct{}

// message is a line about what was just done.
type message struct {
	text  string
	until time.Time
}

// messageTime is how long a message stays.
const messageTime = 4 * time.Second

func newModel(o Options) *model {
	m := &model{o: o, theme: newTheme(o.Screen), charts: newChartView(), curves: curves{}, mouse: o.Mouse,
		selection: selection{hidden: map[string]bool{}, sort: monitor.ByBest, colours: map[string]int{}, chosen: o.Own, query: o.Query},
		feed:      feed{now: o.Clock()}}
	m.all = newPanels(m)
	m.focus = m.all[0]
	return m
}

// Init starts the reading of runs and asks whether the background is light.
func (m *model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.poll(0), m.look(0), m.waitTrained()}
	if m.o.Screen.Colour != 0 {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// Update takes in a message. What it changes is drawn by the next View.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	before := m.message
	cmd, changed := m.update(msg)
	if m.message != before { // nothing else may draw the screen without it
		cmd = tea.Batch(cmd, tea.Tick(messageTime, func(time.Time) tea.Msg { return messageGone{} }))
	}
	m.lists = nil
	if changed {
		m.drawn = nil
	}
	return m, cmd
}

func (m *model) update(msg tea.Msg) (cmd tea.Cmd, changed bool) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return nil, true
	case tea.BackgroundColorMsg:
		m.o.Screen.Light = !msg.IsDark()
		m.theme = newTheme(m.o.Screen)
		return nil, true
	case news:
		return m.take(msg)
	case machine:
		return m.look(lookEvery), m.took(msg)
	case requested:
		m.requested(msg)
		return nil, true
	case exported:
		m.say("%s", msg.text)
		return nil, true
	case messageGone:
		return nil, true
	case trained:
		m.outcome.Ended = true
		if !m.o.Hold {
			return tea.Quit, true
		}
		return nil, true
	case tea.KeyPressMsg:
		return m.key(msg), true
	case tea.PasteMsg:
		if m.prompt != nil {
			return m.prompt.update(msg), true
		}
	case tea.MouseClickMsg:
		m.click(msg.Mouse())
		return nil, true
	case tea.MouseWheelMsg:
		m.wheel(msg.Mouse())
		return nil, true
	case tea.MouseMotionMsg:
		return nil, m.drag(msg.Mouse())
	}
	if m.prompt != nil { // the blinking of its cursor
		return m.prompt.update(msg), true
	}
	return nil, false
}

// run is the run whose details are shown, or nil.
func (m *model) run() *monitor.Run {
	if r := m.set.Find(m.chosen); r != nil {
		return r
	}
	if runs := m.listed(); len(runs) > 0 {
		return runs[0]
	}
	return nil
}

// lists is the runs as they are listed and drawn, made once a picture.
type lists struct {
	listed   []*monitor.Run
	compared []*monitor.Run // those that are drawn, as they are listed
	drawn    []*monitor.Run // the same, the chosen one last: over the others
	ranks    map[*monitor.Run]rank
	apart    bool // a run is set apart from others
}

// rank is where a run is among those that its likelihoods can be compared with.
type rank struct {
	class int
	apart string // as monitor.Class has it
	best  bool   // the best of several
}

// listed is the runs that pass the filter, sorted.
func (m *model) listed() []*monitor.Run { return m.listsNow().listed }

// comparedRuns is the same runs as drawnRuns, as they are listed.
func (m *model) comparedRuns() []*monitor.Run { return m.listsNow().compared }

// drawnRuns is the runs whose lines are drawn, at most mostLines.
func (m *model) drawnRuns() []*monitor.Run { return m.listsNow().drawn }

// rankedRuns is those of them whose likelihoods can be compared with those of the chosen one, or where that is not drawn of
// the first.
func (m *model) rankedRuns() []*monitor.Run {
	l := m.listsNow()
	if len(l.drawn) == 0 {
		return nil
	}
	to := l.compared[0]
	if r := m.run(); slices.Contains(l.drawn, r) {
		to = r
	}
	return slices.DeleteFunc(slices.Clone(l.drawn), func(r *monitor.Run) bool {
		return r != to && (l.ranks[r].class != l.ranks[to].class || l.ranks[to].apart == monitor.Unrecorded)
	})
}

func (m *model) listsNow() *lists {
	if m.lists != nil {
		return m.lists
	}
	l := &lists{listed: m.set.Sorted(m.sort, m.query, m.now), ranks: map[*monitor.Run]rank{}}
	m.lists = l
	for k, c := range m.set.Classes(m.query, m.now) {
		for i, r := range c.Runs {
			l.ranks[r] = rank{k, c.Apart, i == 0 && c.Ranked() && len(c.Runs) > 1 && r.Figures(m.now).Best != nil}
		}
		l.apart = l.apart || c.Apart != ""
	}
	for _, r := range l.listed {
		if !m.hidden[r.Dir] && len(l.drawn) < mostLines {
			l.drawn = append(l.drawn, r)
		}
	}
	r := m.run()
	if len(l.drawn) == 0 && r != nil {
		l.drawn = []*monitor.Run{r}
	}
	l.compared = slices.Clone(l.drawn)
	if i := slices.Index(l.drawn, r); i >= 0 {
		l.drawn = append(slices.Delete(l.drawn, i, i+1), r)
	}
	return l
}

// mostLines is how many runs one chart shows.
const mostLines = 20

// many says whether several runs are watched.
func (m *model) many() bool { return len(m.set.Runs) > 1 }

// panels is the panels that there are.
func (m *model) panels() []panel {
	return slices.DeleteFunc(slices.Clone(m.all), func(p panel) bool { return p.absent() != "" })
}

// mayHaveOrders says whether a run evaluates an ensemble of orders, or will.
func mayHaveOrders(r *monitor.Run) bool {
	switch {
	case r.Manifest.Conditional():
		return false
	case len(r.History.Orders) > 0:
		return true
	}
	n, ok := r.Setting("model.orders.count")
	return ok && n != "1"
}

// say shows a message for a while.
func (m *model) say(format string, args ...any) {
	m.message = message{m.theme.text(format, args...), m.o.Clock().Add(messageTime)}
}
