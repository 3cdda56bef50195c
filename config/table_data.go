package config

var dataKeys = []key{
	{
		path: "data.source", at: func(c *Config) any { return &c.Data.Source }, required: true,
		doc: "where the rows come from: a file or a folder of IDX files, relative to the data folder, or the name of a generator such as connect4",
	},
	{
		path: "data.array", at: func(c *Config) any { return &c.Data.Array }, says: `"", the arrays train, valid and test, or the only one`,
		doc: "name of the one array of a .npz file that is read and split",
	},
	{
		path: "data.fractions", at: func(c *Config) any { return &c.Data.Fractions },
		initial: [3]float64{0.8, 0.1, 0.1}, limits: insideUnit(),
		doc: "parts of the rows that go to train, valid and test when the source has no split of its own; they sum to 1",
	},
	{
		path: "data.seed", at: func(c *Config) any { return &c.Data.Seed }, initial: uint64(1),
		doc: "seed of the split, of generated rows and of the draws that binarize and dequantise make, apart from the model's, so that a run with another seed sees the same test rows",
	},
	{
		path: "data.binarize", at: func(c *Config) any { return &c.Data.Binarize },
		values: []string{"", "threshold", "sample"}, says: `"", the rows are used as they are`,
		doc: "how grey values become binary: threshold, 1 above the half, or sample, one Bernoulli draw for each value",
	},
	{
		path: "data.labels", at: func(c *Config) any { return &c.Data.Labels },
		doc: "whether the rows' labels, one-hot, are the context of the density",
	},
	{
		path: "data.context_columns", at: func(c *Config) any { return &c.Data.ContextColumns }, limits: between(0, maxSize),
		doc: "number of columns, the last ones of a row, that are context and not variables",
	},
	{
		path: "data.drop_columns", at: func(c *Config) any { return &c.Data.DropColumns }, says: "[], none",
		doc: "columns of a table that are left out, by name, or by number counted from 0",
	},
	{
		path: "data.fold", at: func(c *Config) any { return &c.Data.Fold }, limits: between(0, maxSize), says: "0, no folds",
		doc: "which fold of a cross-validation, counted from 1, is the test rows",
	},
	{
		path: "data.folds", at: func(c *Config) any { return &c.Data.Folds }, limits: between(0, maxSize), says: "0, the source has folds of its own",
		doc: "number of folds that the rows are divided into by the seed",
	},
	{
		path: "data.dequantise", at: func(c *Config) any { return &c.Data.Dequantise }, limits: between(0, maxLevels), says: "0, the rows are used as they are",
		doc: "number of grey levels of rows of whole numbers x, which become (x+u)/levels with u uniform in [0, 1)",
	},
	{
		path: "data.logit", at: func(c *Config) any { return &c.Data.Logit }, limits: below(0, 0.5), says: "0, none",
		doc: "the λ of a first layer y = logit(λ + (1-2λ)x) of the density, for values x in [0, 1]; its log-determinant is part of the likelihood",
	},
	{
		path: "data.standardise", at: func(c *Config) any { return &c.Data.Standardise },
		doc: "whether a first layer of the density, after logit if there is one, maps each column to mean 0 and variance 1 of the training rows; its log-determinant is part of the likelihood",
	},
}
