package data

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// layouts of dates and times that are known without a declaration.
var layouts = func() (all []string) {
	days := []string{"2006-01-02", "2006/01/02", "2006.01.02", "02.01.2006", "2.1.2006", "02/01/2006", "01/02/2006", "2/1/2006", "1/2/2006",
		"02-01-2006", "01-02-2006", "02-Jan-2006", "2 Jan 2006", "02 Jan 2006", "Jan 2, 2006", "January 2, 2006", "2 January 2006"}
	clocks := []string{"15:04", "15:04:05", "15:04:05Z"}
	for _, day := range days {
		all = append(all, day)
		for _, clock := range clocks {
			all = append(all, day+" "+clock, day+"T"+clock)
		}
	}
	return append(all, clocks[:2]...)
}()

// layoutsOf are the layouts in which all texts are dates or times that are written again as they are; those that mean the
// same by them once.
func layoutsOf(texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	left := slices.Clone(layouts)
	for _, s := range texts {
		left = slices.DeleteFunc(left, func(layout string) bool {
			v, err := DateValue(layout, s)
			return err != nil || DateText(layout, v) != s
		})
		if len(left) == 0 {
			return nil
		}
	}
	for k := 0; k < len(left); k++ {
		left = append(left[:k+1], slices.DeleteFunc(left[k+1:], func(other string) bool {
			return !slices.ContainsFunc(texts, func(s string) bool {
				v, _ := DateValue(left[k], s) // without an error, as above
				w, _ := DateValue(other, s)
				return v != w
			})
		})...)
	}
	return left
}

// hasClock and hasDay report what a layout has.
func hasClock(layout string) bool { return differs(layout, 13*time.Hour+time.Minute+time.Second) }
func hasDay(layout string) bool   { return differs(layout, 400*24*time.Hour) }

func differs(layout string, by time.Duration) bool {
	t := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	return t.Format(layout) != t.Add(by).Format(layout)
}

// DateValue is the number of a date or time that is written in a layout of package time: days since 1970-01-01 of a layout
// without a time of day, seconds since then of one with both, and seconds since midnight of a time of day alone.
func DateValue(layout, s string) (float64, error) {
	t, err := time.Parse(layout, strings.TrimSpace(s))
	switch {
	case err != nil:
		return 0, fmt.Errorf("is no date or time like %s", layout)
	case !hasDay(layout):
		t = t.AddDate(1970-t.Year(), 0, 0)
	}
	seconds := float64(t.Unix()) + float64(t.Nanosecond())/1e9
	if !hasClock(layout) {
		seconds /= 24 * 60 * 60
	}
	return seconds, nil
}

// DateText is the date or time of a number, as the layout has it: the other way round.
func DateText(layout string, v float64) string {
	if !hasClock(layout) {
		v *= 24 * 60 * 60
	}
	seconds := math.Floor(v)
	return time.Unix(int64(seconds), int64(math.Round((v-seconds)*1e9))).UTC().Format(layout)
}
