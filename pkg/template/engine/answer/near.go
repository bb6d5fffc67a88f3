package answer

import (
	"slices"
	"strings"
)

var builtins = []string{
	"and", "break", "call", "continue", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or",
	"print", "printf", "println", "slice", "urlquery",
}

// The name that was meant, as far as a slip of the keyboard goes; empty where none is close.
func nearest(name string, names []string) string {
	slices.Sort(names)
	best, closest := "", 2+len(name)/3
	for _, known := range names {
		if away := distance(strings.ToLower(name), strings.ToLower(known)); away < closest {
			best, closest = known, away
		}
	}
	return best
}

// Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
