package runlog

import "testing"

func TestColumnsAreThoseOfTheRecord(t *testing.T) {
	var s TrainSeries
	s.add(Train{Step: 2, Epoch: 3, Time: 5, Loss: 7, EMA: 11, LR: 13, GradNorm: 17, Rate: 19, Mask: 23})
	s.add(Train{Step: 29, Epoch: 31, Time: 37, Loss: 41, EMA: 43, LR: 47, GradNorm: 53, Rate: 59, Mask: 61})
	for i := range s.Len() {
		column := Train{
			Step: s.Step(i), Epoch: s.Epoch(i), Time: Float(s.Time(i)), Loss: Float(s.Loss(i)), EMA: Float(s.EMA(i)),
			LR: Float(s.LR(i)), GradNorm: Float(s.GradNorm(i)), Rate: Float(s.Rate(i)), Mask: s.At(i).Mask,
		}
		if column != s.At(i) {
			t.Errorf("the columns of record %d are %+v, the record is %+v", i, column, s.At(i))
		}
	}
	if s.At(1).Step != 29 || s.At(1).Mask != 61 {
		t.Errorf("the second record is %+v", s.At(1))
	}
}
