package recipe

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/data"
)

var powerRecipe = recipe{
	Info: Info{
		Name:      "power",
		About:     "POWER: electric power of a household every minute for 47 months, with noise: 6 columns, z-scores; the authors' power/data.npy too",
		Files:     []string{"household_power_consumption.txt"},
		Publisher: "UCI Machine Learning Repository, Individual Household Electric Power Consumption: archive.ics.uci.edu/dataset/235",
	},
	folders: []string{"power", "individual+household+electric+power+consumption", "."},
	load:    loadPower,
}

// powerColumns are those of the file, powerArchive those of the authors' rows; of
// them, powerKept are the variables.
var (
	powerColumns = []string{"Date", "Time", "Global_active_power", "Global_reactive_power", "Voltage", "Global_intensity",
		"Sub_metering_1", "Sub_metering_2", "Sub_metering_3"}
	powerArchive = slices.Concat(powerColumns[2:], powerColumns[1:2])
	powerKept    = []string{"Global_active_power", "Voltage", "Sub_metering_1", "Sub_metering_2", "Sub_metering_3", "Time"}
)

// loadPower shuffles the rows and adds noise by the paper's seed, in the order
// of the paper's draws: all of a column, then all of the next, but the three
// sub-meters row by row. The noise is as wide as the last digit of a value.
// Time, in minutes of the day, gets none in the paper's code. The z-scores are
// those of train and valid.
func loadPower(ctx context.Context, in input) (data.Source, error) {
	t, err := readRows(ctx, in, powerArchive, readPower)
	if err != nil {
		return data.Source{}, err
	}
	m, dim := newRandomState(42), len(powerKept)
	var columns []int
	for _, name := range powerKept {
		columns = append(columns, slices.Index(t.Columns, name))
	}
	t = t.Select(m.permutation(t.Rows()), columns)
	x := t.Float64()
	for _, noise := range []struct {
		first, count int
		width        float64
	}{{1, 1, 0.01}, {0, 1, 0.001}, {2, 3, 1}} {
		for i := range t.Rows() {
			for c := range noise.count {
				x[i*dim+noise.first+c] += noise.width * m.float64()
			}
		}
	}
	return scored(t, in.Name, false, "the paper's shuffle and noise (numpy, seed 42)")
}

// readPower reads the variables of the rows that have all of them.
func readPower(l *lineReader) (*data.Table, error) {
	t := &data.Table{Columns: powerKept}
	l.comma, l.columns = ";", powerColumns
	if !l.next() {
		return l.all(t)
	}
	if len(l.cells) == 1 && strings.Contains(l.cells[0], ",") {
		l.comma = "," // as tables that were saved again have it
		l.split(l.cells[0])
	}
	if l.want(len(powerColumns)) {
		for col, name := range powerColumns {
			if l.cells[col] != name {
				l.refuse(col, "not a header with the name "+strconv.Quote(name))
			}
		}
	}
	for l.next() && l.want(len(powerColumns)) {
		if slices.ContainsFunc(l.cells[2:], func(cell string) bool { return cell == "" || cell == "?" }) {
			continue
		}
		v := l.numbers(2, 7)
		minutes, ok := minuteOfDay(l.cells[1])
		if !ok {
			l.refuse(1, "not a time such as 17:24:00")
		}
		l.add(t, v[0], v[2], v[4], v[5], v[6], float64(minutes))
	}
	return l.all(t)
}

// minuteOfDay reads hh:mm:ss, or h:mm:ss as tables that were saved again have it.
func minuteOfDay(s string) (int, bool) {
	at, err := time.Parse("15:04:05", s)
	return 60*at.Hour() + at.Minute(), err == nil && len(s) <= len("hh:mm:ss")
}
