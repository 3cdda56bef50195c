package data

import "slices"

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
