package data

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
)

// counted gives pages of numbers and counts them.
func counted(pages int, made *int) Pages {
	return func(rows int) iter.Seq2[*Table, error] {
		return func(yield func(*Table, error) bool) {
			for k := range pages {
				x := make([]float64, 2*rows)
				for i := range x {
					x[i] = float64(k*len(x) + i)
				}
				t := must.M1(FromFlat(x, 2))
				t.First = k * rows
				if *made++; !yield(t, nil) {
					return
				}
			}
		}
	}
}

// One page is made while one is used, and no more.
func TestBlocksReadOnePageAhead(t *testing.T) {
	made, used := 0, 0
	for s, err := range NewPreparation(2, 0).Blocks(counted(50, &made), 10) {
		must.M(err)
		if !slices.Equal(s.Row(3), []float32{float32(20*used + 6), float32(20*used + 7)}) || s.Place(3, 0) != Place(10*used+3, 0, false, nil) {
			t.Fatalf("block %d has %v at %s", used, s.Row(3), s.Place(3, 0))
		}
		used++
	}
	if used != 50 || made != 50 {
		t.Errorf("%d blocks of %d pages", used, made)
	}
	made = 0
	alive := make(chan int, 100)
	source := func(rows int) iter.Seq2[*Table, error] {
		return func(yield func(*Table, error) bool) {
			for page, err := range counted(50, &made)(rows) {
				alive <- made
				if !yield(page, err) {
					return
				}
			}
		}
	}
	used = 0
	for _, err := range NewPreparation(2, 0).Blocks(source, 10) {
		must.M(err)
		used++
		for range len(alive) {
			if n := <-alive; n > used+1 {
				t.Fatalf("%d pages are made when %d are used", n, used)
			}
		}
	}
}

func TestBlocksOfPagesFail(t *testing.T) {
	broken := errors.New("broken")
	for name, source := range map[string]Pages{
		"an error": func(int) iter.Seq2[*Table, error] {
			return func(yield func(*Table, error) bool) {
				_ = yield(must.M1(FromFlat([]float64{1, 2}, 2)), nil) && yield(nil, broken)
			}
		},
		"a panic": func(int) iter.Seq2[*Table, error] {
			return func(yield func(*Table, error) bool) {
				_ = yield(must.M1(FromFlat([]float64{1, 2}, 2)), nil)
				panic(broken)
			}
		},
	} {
		blocks := 0
		err := func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = p.(error)
				}
			}()
			for _, err := range NewPreparation(2, 0).Blocks(source, 10) {
				if err != nil {
					return err
				}
				blocks++
			}
			return nil
		}()
		if !errors.Is(err, broken) || blocks != 1 {
			t.Errorf("%s: %v after %d blocks", name, err, blocks)
		}
	}
	for _, err := range NewPreparation(2, 0).Blocks(nil, 10) {
		if err == nil {
			t.Error("no pages are no error")
		}
	}
	// The noise of runs of version 0.1.0 goes on from row to row: their rows come at once.
	old := &Preparation{Width: 2, Variables: []int{0, 1}, NoiseByPlace: true}
	for _, err := range old.Blocks(func(rows int) iter.Seq2[*Table, error] {
		if rows != 0 {
			t.Errorf("pages of %d rows", rows)
		}
		return must.M1(FromFlat([]float64{1, 2}, 2)).Pages(rows)
	}, 10) {
		must.M(err)
	}
}
