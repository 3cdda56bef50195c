package backend

import (
	"path/filepath"
	"testing"
)

func TestKindOfFile(t *testing.T) {
	for name, want := range map[string]string{
		"pjrt_c_api_cpu_plugin.so":          KindXLA,
		"pjrt_c_api_cpu_v0.114.0_plugin.so": KindXLA,
		"pjrt-plugin-cpu.so":                KindXLA,
		"pjrt_plugin_cpu.dylib":             KindXLA,
		"pjrt_c_api_cuda_plugin.so":         KindCUDA,
		"pjrt_c_api_cuda13_plugin.so":       KindCUDA,
		"xla_cuda_plugin.so":                KindCUDA,
		"pjrt_c_api_tpu_plugin.so":          "",
		"pjrt_c_api_cpu_plugin.so.tmp":      "",
		"pjrt_c_api_cpu_plugin.json":        "",
		"libcpu.so":                         "",
		"pjrt_c_api__plugin.so":             "",
	} {
		if got := kindOfFile(name); got != want {
			t.Errorf("kindOfFile(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSearchOrder(t *testing.T) {
	dir := alone(t)
	home := filepath.Dir(filepath.Dir(filepath.Dir(dir)))
	env := t.TempDir()
	t.Setenv(envPluginPath, ":relative:"+env+":"+filepath.Join(env, "missing"))
	var want []string
	for _, path := range []string{
		filepath.Join(env, "pjrt_c_api_cpu_v0.114.0_plugin.so"),
		filepath.Join(env, "pjrt_c_api_cpu_v0.98.0_plugin.so"),
		filepath.Join(dir, cpuFile),
		filepath.Join(dir, cudaFolder, cudaPlugin),
	} {
		want = append(want, write(t, path, "x"))
	}
	write(t, filepath.Join(dir, tempPrefix+"1", cpuFile), "x")
	for i, c := range findPlugins("") {
		if i >= len(want) || c.Path != want[i] {
			t.Errorf("plugin %d is %+v, want the order %q", i, c, want)
		}
	}
	if got := findPlugins(KindCUDA); len(got) != 1 || got[0].Source != SourceInstalled {
		t.Errorf("CUDA plugins %+v", got)
	}

	for _, d := range goXLADirs() {
		if rel, err := filepath.Rel(home, d); err == nil && filepath.IsLocal(rel) {
			write(t, filepath.Join(d, "nvidia", "pjrt_c_api_cuda_plugin.so"), "x")
		}
	}
	if got := findPlugins(KindCUDA); len(got) != 2 || got[1].Source != SourceGoXLA {
		t.Errorf("CUDA plugins %+v", got)
	}
}
