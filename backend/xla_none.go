//go:build !(cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64)))

package backend

// xlaBuild says whether this program can load PJRT plugins.
const xlaBuild = false

func loadPlugin(string, string, Options) (*Backend, error) {
	return nil, ErrNoXLA
}
