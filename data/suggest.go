package data

import (
	"fmt"
	"strings"

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

// Listed joins the first names of what may be many.
func Listed(names []string) string {
	const most = 20
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// Shorten keeps a message on one line.
func Shorten(s string) string { return text.Shorten(s, 41) }
