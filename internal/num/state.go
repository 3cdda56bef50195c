package num

// stateUnit is far above all values: a number of its size has no likelihood in float32.
const stateUnit = 0x1p100

// MaxStates bounds the states of a variable.
const MaxStates = 1 << 10

// NotKnown is the number that a prepared row has for a value that is not known.
const NotKnown float32 = -stateUnit

// StateCode is the number that a prepared row has for a state, counted from 0, that stands in
// the place of a value.
func StateCode(state int) float32 { return float32(state+1) * stateUnit }

// StateOf is the state that a number of a prepared row is the code of, −1 for a value.
func StateOf(v float32) int {
	if k := v / stateUnit; k >= 1 && k <= MaxStates {
		return int(k) - 1
	}
	return -1
}
