package data

import (
	"fmt"

	"github.com/maskflow/maskflow/internal/text"
)

// DidYouMean returns the nearest of the known names as a question, or "" when
// none is near.
func DidYouMean(name string, known []string) string {
	best := text.Nearest(name, known)
	if best == "" || best == name {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}
