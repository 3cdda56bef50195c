// Package runlog writes and reads run directories, the only path between a
// training process and everything that looks at it: a monitor on the same
// host, one across a shared file system, a replay of a finished run, a test.
//
// A run directory holds
//
//	run.json        who writes the run and from what: [Manifest]
//	config.yaml     the resolved configuration, byte for byte as given
//	metrics.jsonl   one JSON object a line, append only: [Record]
//	checkpoints/    state on disk
//	samples/        drawn samples
//	stderr.log      what native libraries print
//	run.lock        held by flock(2) for as long as the [Writer] lives
//	control/        requests from readers to the trainer: [Request]
//
// [Create] and [Resume] give the one [Writer] of a run. A [Reader] follows
// metrics.jsonl while it grows and a [History] keeps what was read; [ReadState]
// tells whether the run is alive, ended or crashed, and [List] finds runs.
//
// Every file carries the id of its run: run.json and each start record, the
// metadata of checkpoints, the names of samples, requests. Readers refuse what
// carries another, a config.yaml that is not the one that run.json has the hash of,
// and a format to come ([ErrForeign], [ErrVersion]).
//
// # Lines
//
// Every record is one write(2) of one whole line, so that a reader sees at
// most one torn line, the last. Non-finite numbers are the strings "NaN",
// "Inf" and "-Inf" ([Float]). Readers ignore unknown kinds and unknown keys,
// and skip and count lines that are no records.
//
// # Trouble
//
// All files are opened through a handle on the directory, and no link in it is
// followed. Records that cannot be written for now are kept and written later;
// [Writer.Check] sees that the directory is another's, and [Writer.Rescue] goes on
// beside it.
//
// # Time
//
// Times in records are seconds since the start of the run, summed over
// resumptions: the time between a crash and the resumption does not count,
// lost work does. The clock is an [Options] field.
//
// # Phases
//
// A [Phase] record says what the run does from then on: it compiles, trains,
// validates or tests, of which all but training may take minutes without another
// record. The phase in force is that of the last phase record, unless a train or
// a valid record came later: after both the run trains ([PhaseName.After]). A
// validation is announced when it may take long, not when those before took but a
// moment. Readers that do not know these records pass over them, and a log without
// them tells by its train records when a run trains.
//
// # Resuming
//
// The file is append only, so records of steps that a crashed process took
// after its last checkpoint stay in it. A start record at step N says that
// whatever lies beyond N has not happened; [History] drops those records, lets
// one that is repeated at N take the place of the first, and a series has no
// step twice.
package runlog

// Names inside a run directory.
const (
	ManifestFile   = "run.json"
	ConfigFile     = "config.yaml"
	MetricsFile    = "metrics.jsonl"
	CheckpointsDir = "checkpoints"
	SamplesDir     = "samples"
	StderrFile     = "stderr.log"
	LockFile       = "run.lock"
	ControlDir     = "control"
)
