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

// Several preparations read pages once; each has the rows that it has alone, and those that are the same share them.
func TestBlocksOfSeveralPreparations(t *testing.T) {
	plain, scaled := NewPreparation(2, 0), NewPreparation(2, 0, &Scale{Mean: []float64{3, 5}, SD: []float64{2, 4}})
	made, blocks := 0, 0
	source := counted(20, &made)
	other := 0
	alone := [][]*Prepared{nil, nil}
	for k, p := range []*Preparation{plain, scaled} {
		for s, err := range p.Blocks(counted(20, &other), 10) {
			must.M(err)
			alone[k] = append(alone[k], s)
		}
	}
	for sets, err := range Blocks([]*Preparation{plain, scaled, plain}, source, 10, nil) {
		must.M(err)
		for k, want := range []*Prepared{alone[0][blocks], alone[1][blocks]} {
			if !slices.Equal(sets[k].X, want.X) || sets[k].RowLogDet(3) != want.RowLogDet(3) || sets[k].RowPlace(3) != want.RowPlace(3) {
				t.Fatalf("block %d of preparation %d has %v at %s, alone %v", blocks, k, sets[k].X, sets[k].RowPlace(3), want.X)
			}
		}
		if sets[2] != sets[0] || slices.Equal(sets[0].X, sets[1].X) {
			t.Fatal("the same preparation has rows of its own, or another one has not")
		}
		blocks++
	}
	if blocks != 20 || made != 20 {
		t.Errorf("%d blocks of %d pages", blocks, made)
	}
	refused := errors.New("refused")
	blocks = 0
	for _, err := range Blocks([]*Preparation{plain, scaled}, counted(20, &made), 10, func(k int, s *Prepared, err error) error {
		if k == 1 && s.RowPlace(0) != alone[1][0].RowPlace(0) {
			return refused
		}
		return err
	}) {
		if blocks++; (blocks == 1) != (err == nil) || blocks > 2 || blocks == 2 && !errors.Is(err, refused) {
			t.Fatalf("block %d: error %v", blocks, err)
		}
	}
}
