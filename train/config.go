package train

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/option"
)

// Config is what a run is made from: that of its model, and how it is trained. Seed and the options of validation in Train are
// those of the model's configuration.
type Config struct {
	maskflow.Config
	Train Options
}

// Table declares every option of a run.
func (c *Config) Table() option.Table {
	return c.Config.Table(option.Section("train", c.Train.Table(maskflow.NoisyKinds()...)))
}

// Resolve fills in the defaults and returns everything that is wrong with the values.
func (c *Config) Resolve() error { return option.Resolve(c.Table()) }

// ParseConfig reads a configuration from src, which came from the file called name, and changes it by overrides; see package config.
// Without a name of its own it has that of the file.
func ParseConfig(name string, src []byte, sets []string) (*Config, error) {
	return read(name, func(t option.Table) error { return config.Parse(t, name, src, sets) })
}

// LoadConfig reads the configuration at path, as ParseConfig does.
func LoadConfig(path string, sets []string) (*Config, error) {
	return read(path, func(t option.Table) error { return config.Load(t, path, sets) })
}

// SourceConfig is the configuration that trains a model of type auto on a source of rows, changed by overrides. Its name
// is that of the source up to the first dot.
func SourceConfig(source string, sets []string) (*Config, error) {
	const text = "data: {source: %s, marginal: auto}\nmodel: {type: auto}\n" +
		"train: {batch: auto, optimizer: {name: adamw, learning_rate: 0.01, weight_decay: auto, decays: weights}, schedule: {name: cosine}, ema: 0.99, max_epochs: 600, max_steps: 10000, look_ahead: 0}\n"
	name, _, _ := strings.Cut(filepath.Base(source), ".")
	return ParseConfig(name, fmt.Appendf(nil, text, option.QuoteText(source)), sets)
}

func read(path string, parse func(option.Table) error) (*Config, error) {
	c := &Config{}
	c.NameAfter(path)
	if err := parse(c.Table()); err != nil {
		return nil, err
	}
	return c, nil
}

// options are those of the training and of its validations.
func (c *Config) options() Options {
	o := c.Train
	o.Seed, o.EvalBatch, o.ValidOrders, o.ValidSamples = c.Seed, c.Eval.Batch, c.Eval.ValidOrders, c.Eval.ValidSamples
	return o
}
