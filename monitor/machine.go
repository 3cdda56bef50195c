package monitor

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// A GPU is how a device of this host stands. A number that its driver does not
// tell is NaN.
type GPU struct {
	Index       int
	Name        string
	Utilization float64 // percent of the last second or so in which a kernel ran
	MemoryUsed  float64 // bytes, of all processes
	MemoryTotal float64 // bytes
	Temperature float64 // °C
}

// gpuQuery is what is asked of nvidia-smi, in the order of parseGPUs.
const gpuQuery = "index,name,utilization.gpu,memory.used,memory.total,temperature.gpu"

// GPUs asks nvidia-smi for the devices of this host, which takes some tens of
// milliseconds or, with a driver that sleeps, seconds: ctx can end it. Without that
// program the error is [exec.ErrNotFound].
func GPUs(ctx context.Context) ([]GPU, error) {
	out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu="+gpuQuery, "--format=csv,noheader,nounits").Output()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil { // nvidia-smi complains on its standard output
		return nil, fmt.Errorf("asking nvidia-smi: %w (%s)", err, text.Plain(text.FirstLine(string(out))))
	}
	return parseGPUs(out)
}

// parseGPUs reads the lines that nvidia-smi prints for gpuQuery.
func parseGPUs(printed []byte) ([]GPU, error) {
	r := csv.NewReader(bytes.NewReader(printed))
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = 6, true, true
	records, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading what nvidia-smi printed: %w", err)
	}
	var gpus []GPU
	for i, fields := range records {
		index, err := strconv.Atoi(strings.TrimSpace(fields[0]))
		if err != nil {
			return nil, fmt.Errorf("reading what nvidia-smi printed: line %d begins with %s, not the number of a device", i+1, text.Plain(fields[0]))
		}
		const mebibyte = 1 << 20
		gpus = append(gpus, GPU{
			Index: index, Name: text.Plain(strings.TrimSpace(fields[1])), Utilization: told(fields[2]),
			MemoryUsed: told(fields[3]) * mebibyte, MemoryTotal: told(fields[4]) * mebibyte, Temperature: told(fields[5]),
		})
	}
	return gpus, nil
}

// told is a number, or NaN for words such as [N/A].
func told(field string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// startSlack is how much later than its first act a process may seem to have
// begun: the kernel reports its start in ticks since a boot given in seconds.
const startSlack = 2 * time.Second

// Memory returns the resident memory in bytes of the process that writes a run,
// when that is a process of this host and the host reports it. A process that
// began after the run was written by its own is another one that got its number.
func Memory(m *runlog.Manifest) (bytes int64, ok bool) {
	host, err := os.Hostname()
	if m == nil || err != nil || m.Host != host || m.PID <= 0 {
		return 0, false
	}
	p, err := process.NewProcess(int32(m.PID))
	if err != nil {
		return 0, false
	}
	began, err := p.CreateTime()
	if err != nil || time.UnixMilli(began).After(m.Started.Add(startSlack)) {
		return 0, false
	}
	used, err := p.MemoryInfo()
	if err != nil || used.RSS == 0 {
		return 0, false
	}
	return int64(used.RSS), true
}
