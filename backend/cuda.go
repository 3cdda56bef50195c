package backend

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// cudaFolder is where, within the folder of plugins, the CUDA wheels are
// unpacked as pip lays them out: jax_plugins/xla_cuda13 beside nvidia. The
// plugin's own search path leads from the one to the other.
const cudaFolder = "cuda13"

var cudaPlugin = filepath.Join("jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")

// pinnedCUDA are JAX's CUDA 13 plugin and those of NVIDIA's libraries that the
// extra "with-cuda" of jax-cuda13-plugin 0.12.0.1 names, less headers.
var pinnedCUDA = pinned{
	path:   filepath.Join(cudaFolder, cudaPlugin),
	sha256: "b6de513893c09af2c77e71afcef46d9706f8c259337cdef4cd5cae2353886f75",
	about:  "2.5 GB, under NVIDIA's own licence",
	wheels: []requirement{
		{"jax-cuda13-pjrt", "0.12.0.1", "5899bb6177eda86ea532afb9a26794f2bdd04966f6a01f9028266b16c2b6cf90"},
		{"nvidia-cublas", "13.10.0.20", "dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84"},
		{"nvidia-cuda-cupti", "13.5.25", "9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650"},
		{"nvidia-cuda-nvcc", "13.5.37", "f5c4f7ead5d964fb4af42bbf1e6d3ec3c1e6e9d83b53749f691d387e7fcaa3a7"},
		{"nvidia-cuda-nvrtc", "13.5.37", "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc"},
		{"nvidia-cuda-runtime", "13.5.37", "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d"},
		{"nvidia-cudnn-cu13", "9.28.1.4", "a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec"},
		{"nvidia-cufft", "12.5.0.14", "b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad"},
		{"nvidia-cusolver", "12.4.1.2", "b3b8e02fd2f2df869369af075dc3a179d43f6f7b85e94632a7dce556697be044"},
		{"nvidia-cusparse", "12.9.4.2", "072667e58c851a318738f5527a12eb225cbf058803f2ea451c722d8cf8edddec"},
		{"nvidia-nccl-cu13", "2.32.3", "1459723080ac889d73a26edfa3e04383a7928ab31ac8f0ec43b3ea9548b04ff3"},
		{"nvidia-nvjitlink", "13.5.37", "280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb"},
		{"nvidia-nvshmem-cu13", "3.8.0", "81a4d1f666543e6d34df6d2ff940c7da1435e34e186aab6f3c2b48861b64ef38"},
		{"nvidia-nvvm", "13.5.37", "c41bfa362e407405163f103c2229f0765f8cc2ed7d148b754dc77f228bf7e070"},
	},
}

// placeCUDA moves the unpacked wheels to the folder of the plugin target.
func placeCUDA(unpacked, target string) (licenses []string, err error) {
	folder := strings.TrimSuffix(target, cudaPlugin)
	// Go-xla points XLA at the folder "nvidia" above the plugin for ptxas and
	// libdevice; both are in cu13.
	if err := os.Symlink(filepath.Join("..", "nvidia", "cu13"), filepath.Join(unpacked, "jax_plugins", "nvidia")); err != nil {
		return nil, err
	}
	if err := os.Rename(folder, unpacked+"-old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.Rename(unpacked, folder); err != nil {
		return nil, err
	}
	return glob(folder, "*.dist-info/licenses/*"), nil
}

// nvidiaDevices are the files that the NVIDIA driver makes, one of them on WSL.
var nvidiaDevices = []string{"/dev/nvidia*", "/dev/dxg"}

var errNoNVIDIA = errors.New("no NVIDIA device on this machine (no /dev/nvidia*; use xla, go or auto)")

func hasNVIDIA() bool {
	return slices.ContainsFunc(nvidiaDevices, func(pattern string) bool {
		found, err := filepath.Glob(pattern)
		return err == nil && len(found) > 0
	})
}

// describeNVIDIA asks the driver's tool for names, driver and memory, one
// device a line; empty when the tool is missing or has no answer.
func describeNVIDIA(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader").Output()
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
