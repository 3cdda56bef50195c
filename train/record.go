package train

import (
	"context"
	"errors"

	"github.com/maskflow/maskflow/runlog"
)

// record writes what the trainer tells, and beside a validation what shows the
// model that was validated, for which an interruption does not wait. It is no error
// then: the validation stands, and the trainer sees the interruption by itself.
func (r *run) record(ctx context.Context, rec runlog.Record) error {
	if err := r.write(rec); err != nil {
		return err
	}
	if err := r.heed(rec); err != nil {
		return err
	}
	v, ok := rec.(runlog.Valid)
	if !ok {
		return nil
	}
	if v.Best && r.saved.step < 0 {
		// The first weights that were validated are worth having at once.
		r.nextCheckpoint = r.o.Clock()
	}
	for _, show := range []func(context.Context) error{r.sample, r.drawDensity} {
		if err := show(ctx); err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			return err
		}
	}
	return nil
}

func (r *run) write(rec runlog.Record) error {
	err := r.w.Append(rec)
	if err == nil && r.o.Observe != nil {
		r.o.Observe(rec)
	}
	return err
}
