//go:build !race

package maskflow_test

const raceDetector = false
