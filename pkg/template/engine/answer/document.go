package answer

import (
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"
	"sigs.k8s.io/yaml"
)

// The property of a JSON value as ESO's provider takes it: a name with dots is tried as one key first. No field at all
// says that there is no such property, which an empty text is not.
func get(fields []string) ([]string, error) {
	if len(fields) != 2 {
		return nil, errFrame
	}
	document, path := fields[0], fields[1]
	if strings.Contains(path, ".") {
		if whole := gjson.Get(document, strings.ReplaceAll(path, ".", `\.`)); whole.Exists() {
			return []string{whole.String()}, nil
		}
	}
	if found := gjson.Get(document, path); found.Exists() {
		return []string{found.String()}, nil
	}
	return nil, nil
}

// Numbers keep their digits. Duplicate keys: the last one counts, as in ESO.
func yamlToJSON(fields []string) ([]string, error) {
	if len(fields) != 1 {
		return nil, errFrame
	}
	var value any
	keepDigits := func(decoder *json.Decoder) *json.Decoder {
		decoder.UseNumber()
		return decoder
	}
	if err := yaml.Unmarshal([]byte(fields[0]), &value, keepDigits); err != nil {
		return nil, &Problem{Class: classNotYAML}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, &Problem{Class: classNotYAML}
	}
	return []string{string(text)}, nil
}
