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

// openBackend opens the backend that was asked for, until the call ends. What its
// native libraries log goes to logs.
func (a *app) openBackend(ctx context.Context, logs io.Writer) (*backend.Backend, error) {
	backend.QuietLogs(logs)
	b, err := backend.Open(ctx, a.backend, backend.Options{})
	if err == nil {
		a.opened = append(a.opened, func() { b.Close() })
	}
	return b, err
}

// openRun opens the trained model of a run directory or a model file, until the call
// ends, and checks sizes of ensembles against it.
func (a *app) openRun(ctx context.Context, dir string, orders ...int) (*maskflow.Run, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no run directory or model file %s", dir)
	}
	if err != nil || info.IsDir() {
		if _, err := runlog.ReadManifest(dir); err != nil {
			return nil, err
		}
	}
	b, err := a.openBackend(ctx, io.Discard)
	if err != nil {
		return nil, err
	}
	r, err := maskflow.Open(b, dir)
	if err != nil {
		return nil, err
	}
	a.opened = append(a.opened, func() { r.Close() })
	return r, checkOrders(r, orders...)
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
