package data

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/maskflow/maskflow/internal/text"
)

// layouts of dates and times that are known without a declaration.
var layouts = func() (all []string) {
	days := []string{"2006-01-02", "2006/01/02", "2006.01.02", "02.01.2006", "2.1.2006", "02/01/2006", "01/02/2006", "2/1/2006", "1/2/2006",
		"02-01-2006", "01-02-2006", "02-Jan-2006", "2 Jan 2006", "02 Jan 2006", "Jan 2, 2006", "January 2, 2006", "2 January 2006",
		"Jan 02, 2006", "January 02, 2006", "02 January 2006", "02.01.06", "02/01/06", "01/02/06", "2/1/06", "1/2/06", "02-Jan-06"}
	clocks := []string{"15:04", "15:04:05", "3:04 PM", "03:04 PM", "15:04:05Z", "15:04:05+00:00", "15:04:05.000", "15:04:05.000000"}
	for _, day := range days {
		all = append(all, day)
		for _, clock := range clocks {
			all = append(all, day+" "+clock, day+"T"+clock)
		}
	}
	return append(all, clocks[:4]...)
}()

// layoutsOf are the layouts in which all texts are dates or times that are written again as they are; those that mean the
// same by them once.
func layoutsOf(texts []string) (found []string) {
	if len(texts) == 0 {
		return nil
	}
	var values [][]float64
	for _, layout := range layouts {
		c := clockOf(layout)
		var all []float64
		for _, s := range texts {
			v, problem := c.read(s)
			if problem != "" || c.write(v) != s {
				break
			}
			all = append(all, v)
		}
		if len(all) == len(texts) && !slices.ContainsFunc(values, func(same []float64) bool { return slices.Equal(same, all) }) {
			found, values = append(found, layout), append(values, all)
		}
	}
	return found
}

// Unit is that of the numbers of a date or time: a day, or a second.
func (c *Column) Unit() time.Duration { return clockOf(c.Format).unit }

// clock reads and writes dates and times of one layout as days or seconds.
type clock struct {
	layout string
	unit   time.Duration
	start  time.Time
}

func clockOf(layout string) clock {
	c := clock{layout, time.Second, time.Unix(0, 0).UTC()}
	written := time.Date(2001, 11, 22, 0, 0, 0, 0, time.UTC).Format(layout)
	if written == time.Date(2001, 11, 22, 13, 45, 56, 789, time.UTC).Format(layout) {
		c.unit = 24 * time.Hour
	}
	if written == time.Date(2002, 1, 31, 0, 0, 0, 0, time.UTC).Format(layout) { // a time of day alone
		c.start = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return c
}

// read is the number of days or seconds of a text, with its fraction.
func (c clock) read(s string) (_ float64, problem string) {
	t, err := time.Parse(c.layout, s)
	if err != nil {
		return 0, fmt.Sprintf("is %q, not a date or time such as %s (data.columns: {…: {format: …}})", text.Shorten(s, 41), c.layout)
	}
	seconds := float64(t.Unix()-c.start.Unix()) + float64(t.Nanosecond())/1e9
	return seconds / c.unit.Seconds(), ""
}

// Years that can be written with four digits, in seconds.
var firstYear, lastYear = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()

// microseconds are as fine as a float64 is that counts seconds.
const microseconds = 1_000_000

func (c clock) write(v float64) string {
	seconds := v * c.unit.Seconds()
	whole := math.Floor(seconds)
	at := c.start.Unix() + int64(min(max(whole, -1e15), 1e15))
	if c.start.Year() == 0 { // the day has no others
		const day = 24 * 60 * 60
		at = c.start.Unix() + min(max(int64(whole), 0), day-1)
	} else {
		at = min(max(at, firstYear), lastYear)
	}
	return time.Unix(at, 1000*int64(math.Round((seconds-whole)*microseconds))).UTC().Format(c.layout)
}
