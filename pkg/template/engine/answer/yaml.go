package answer

import (
	"strings"

	"sigs.k8s.io/yaml"
)

// Without the last line break; nothing at all where the value has no YAML.
func toYAML(value any) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

// A map in any case: what is no YAML map becomes one whose key Error holds the reason.
func fromYAML(text string) map[string]any {
	found := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &found); err != nil {
		found["Error"] = err.Error()
	}
	return found
}
