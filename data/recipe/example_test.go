package recipe_test

import (
	"fmt"

	"github.com/maskflow/maskflow/data/recipe"
)

// The recipes, with the files that their owners publish.
func ExampleAll() {
	first := recipe.All()[0]
	fmt.Println(len(recipe.All()), "recipes,", first.Name, "reads", len(first.Files), "file")
	// Output: 7 recipes, power reads 1 file
}
