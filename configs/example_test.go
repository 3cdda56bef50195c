package configs_test

import (
	"fmt"
	"strings"

	"github.com/maskflow/maskflow/configs"
)

func Example() {
	text, err := configs.Files.ReadFile("dna.yaml")
	fmt.Println(strings.Contains(string(text), "source: binary/dna.npz"), err)
	// Output: true <nil>
}
