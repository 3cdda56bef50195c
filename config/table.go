package config

import "slices"

// largest counts that are accepted: far above any use, far below where an integer overflows.
const (
	maxSize   = 1 << 24 // units, rows of a batch, columns
	maxSteps  = 1 << 50
	maxBins   = 100     // of a spline, each at least a thousandth of it wide
	maxLevels = 1 << 16 // of grey, which leaves float32 room for noise between two
)

// table is every key of a file. Keys of a section stand together, and below the keys that decide whether they are used and what
// their defaults are.
var table = slices.Concat([]key{
	{
		path: "name", at: func(c *Config) any { return &c.Name },
		initial: "run", says: `the file's base name, else "run"`,
		doc: "the run's name: letters, digits, '.', '_' and '-', since it also names the run's directory",
	},
	{
		path: "seed", at: func(c *Config) any { return &c.Seed },
		doc: "seed of the model's randomness: initial parameters, orders, connectivity, the sequence of batches",
	},
}, dataKeys, modelKeys, trainKeys, evalKeys)
