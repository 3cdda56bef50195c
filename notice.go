package maskflow

import _ "embed" // for the file NOTICE

//go:embed NOTICE
var notice string

// Notice is the file NOTICE: the modules that the command maskflow is linked with, and the texts of their licences.
func Notice() string { return notice }
