package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// openRun opens the trained model of a run directory or a model file on a backend. close frees
// both.
func (a *app) openRun(ctx context.Context, dir, spec string) (r *maskflow.Run, close func(), err error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("no run directory or model file %s", dir)
	}
	if err != nil || info.IsDir() {
		if _, err := runlog.ReadManifest(dir); err != nil {
			return nil, nil, err
		}
	}
	backend.QuietLogs(io.Discard)
	b, err := backend.Open(ctx, spec, backend.Options{})
	if err != nil {
		return nil, nil, err
	}
	r, err = maskflow.Open(b, dir)
	if err != nil {
		b.Close()
		return nil, nil, err
	}
	return r, func() { r.Close(); b.Close() }, nil
}

// mostOrders bounds the fresh orders of an unlimited cycle: their degrees are
// held at once.
const mostOrders = 100_000

// checkOrders checks numbers of orders against a model: none may be larger than
// the number of orders it was trained with, unless it draws fresh ones.
func checkOrders(r *maskflow.Run, orders ...int) error {
	most := 1
	if masked, ok := r.Graph().(models.Masked); ok {
		if most = masked.Cycle().Len(); most == masks.Unlimited {
			most = mostOrders
		}
	}
	for _, k := range orders {
		if k > most {
			if most == mostOrders {
				return usage(fmt.Errorf("--orders %d: at most %d fresh ones", k, most))
			}
			return usage(fmt.Errorf("--orders %d: %s was trained with %s", k, r.Dir, text.Count(most, "order")))
		}
	}
	return nil
}
