package monitor_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// Two runs of different widths; which is the best, and what distinguishes them?
func Example() {
	folder, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	for width, nll := range map[int]float64{100: 12.5, 500: 11.8} {
		if err := train(filepath.Join(folder, fmt.Sprint("width", width)), width, nll); err != nil {
			fmt.Println(err)
			return
		}
	}

	source, err := monitor.NewSource([]string{folder}, monitor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	query, err := monitor.ParseQuery("best<20 -status:crashed")
	if err != nil {
		fmt.Println(err)
		return
	}
	var set monitor.Group
	for more := true; more; {
		update := source.Poll()
		set.Apply(update)
		more = update.More
		if more {
			continue
		}
		runs := set.Sorted(monitor.ByBest, query, update.Now)
		for _, r := range runs {
			fmt.Println(r.Name, r.Status(), r.Figures(update.Now).Best.NLL)
		}
		for _, d := range monitor.Diff(runs) {
			fmt.Println(d.Path, d.Texts)
		}
	}
	// Output:
	// width500 done 11.8
	// width100 done 12.5
	// model.hidden [[500] [100]]
}

// train leaves what a training of one epoch would.
func train(dir string, width int, nll float64) error {
	config := fmt.Sprintf("name: widths\nmodel: {hidden: [%d]}\n", width)
	w, err := runlog.Create(dir, runlog.Manifest{Name: "widths"}, []byte(config), runlog.Options{})
	if err != nil {
		return err
	}
	defer w.Close()
	rows := runlog.Basis{Figure: "likelihood", Columns: "two numbers", Valid: "900 rows"} // a training takes it from the data
	if err := w.Append(runlog.Start{Basis: &rows}); err != nil {
		return err
	}
	if err := w.Append(runlog.Valid{Step: 100, Epoch: 1, NLL: runlog.Float(nll), Best: true}); err != nil {
		return err
	}
	return w.Append(runlog.End{Status: runlog.Done, Step: 100})
}
