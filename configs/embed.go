// Package configs holds the presets: a configuration for each data set of the
// papers, as files and inside a program.
package configs

import "embed"

// Files are the presets, NAME.yaml, without a folder.
//
//go:embed *.yaml
var Files embed.FS
