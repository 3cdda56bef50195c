package recipe

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strconv"

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
	var none data.Source
	t, err := readRows(ctx, in, powerArchive, func(r io.Reader) (*data.Table, error) { return readPower(r, in.limit) })
	if err != nil {
		return none, err
	}
	if len(t.Columns) == len(powerArchive) {
		t = t.Select([]int{0, 2, 4, 5, 6, 7})
	}
	n := t.Rows()
	train, valid, err := lastTenths(n)
	if err != nil {
		return none, err
	}
	m, x, dim := newRandomState(42), t.Float64(), len(powerKept)
	m.shuffle(n, func(i, j int) {
		for c := range dim {
			x[i*dim+c], x[j*dim+c] = x[j*dim+c], x[i*dim+c]
		}
	})
	for _, noise := range []struct {
		first, count int
		width        float64
	}{{1, 1, 0.01}, {0, 1, 0.001}, {2, 3, 1}} {
		for i := range n {
			for c := range noise.count {
				x[i*dim+noise.first+c] += noise.width * m.float64()
			}
		}
	}
	z, err := scaleOf(t, valid, 0)
	if err != nil {
		return none, err
	}
	s := cut(t, in.Name, train, valid, z)
	s.Note = "the paper's shuffle and noise (numpy, seed 42)"
	return s, nil
}

// readPower reads the variables of the rows that have all of them.
func readPower(r io.Reader, limit *data.Limit) (*data.Table, error) {
	t := &data.Table{Columns: powerKept}
	l := newLineReader(r, ';', powerColumns)
	if !l.next() {
		return nil, l.ended("it holds no header")
	}
	if len(l.cells) == 1 && bytes.IndexByte(l.cells[0], ',') > 0 {
		l.comma = ',' // as tables that were saved again have it
		l.cells = bytes.Split(l.cells[0], []byte{','})
	}
	if err := l.want(len(powerColumns)); err != nil {
		return nil, err
	}
	for col, name := range powerColumns {
		if string(l.cells[col]) != name {
			return nil, l.bad(col, "not a header with the name "+strconv.Quote(name))
		}
	}
	var values []float64
	row := make([]float64, len(powerKept))
	for l.next() {
		if err := l.want(len(powerColumns)); err != nil {
			return nil, err
		}
		missing := false
		for _, cell := range l.cells[2:] {
			missing = missing || len(cell) == 0 || string(cell) == "?"
		}
		if missing {
			continue
		}
		var err error
		if values, err = l.numbers(values[:0], 2); err != nil {
			return nil, err
		}
		minutes, ok := minuteOfDay(string(l.cells[1]))
		if !ok {
			return nil, l.bad(1, "not a time such as 17:24:00")
		}
		copy(row, []float64{values[0], values[2], values[4], values[5], values[6], float64(minutes)})
		if err := limit.Take(int64(len(row))); err != nil {
			return nil, err
		}
		t.Append(row)
	}
	return t, l.err()
}

// minuteOfDay reads hh:mm:ss, or h:mm:ss as tables that were saved again have it.
func minuteOfDay(s string) (int, bool) {
	if len(s) == 7 {
		s = "0" + s
	}
	if len(s) != 8 || s[2] != ':' || s[5] != ':' {
		return 0, false
	}
	var part [3]int
	for i := range part {
		high, low := s[3*i], s[3*i+1]
		if high < '0' || high > '9' || low < '0' || low > '9' {
			return 0, false
		}
		part[i] = 10*int(high-'0') + int(low-'0')
	}
	return 60*part[0] + part[1], part[0] < 24 && part[1] < 60 && part[2] < 60
}
