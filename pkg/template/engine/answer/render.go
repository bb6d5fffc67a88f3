package answer

import (
	"bytes"
	"slices"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"
)

// Kubernetes takes 1 MiB of values for one Secret: nothing longer can be used.
const maxOutput = 1 << 20

var (
	values map[string]string
	// A rewrite renders one text for each of up to a thousand keys, and parsing it is most of the work.
	last parsedText
)

// What became of a text, its refusal too: neither depends on the values.
type parsedText struct {
	name, text string
	template   *template.Template
	refusal    error
}

func setValues(fields []string) ([]string, error) {
	if len(fields)%2 != 0 {
		return nil, errFrame
	}
	values = make(map[string]string, len(fields)/2)
	for at := 0; at < len(fields); at += 2 {
		values[fields[at]] = fields[at+1]
	}
	return nil, nil
}

// Refuses to grow past maxOutput, which ends the template that writes.
type capped struct{ bytes.Buffer }

func (out *capped) Write(p []byte) (int, error) {
	if out.Len()+len(p) > maxOutput {
		return 0, &Problem{Class: classOutput}
	}
	return out.Buffer.Write(p)
}

func render(fields []string) ([]string, error) {
	if len(fields) != 4 {
		return nil, errFrame
	}
	name, text, missing, form := fields[0], fields[1], fields[2], fields[3]
	option := "missingkey=error"
	if missing == "print" {
		option = "missingkey=default"
	}
	parsed, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	parsed.Option(option)
	var out capped
	if err := parsed.Execute(&out, values); err != nil {
		return nil, located(err, name, text)
	}
	if form == "pairs" {
		return pairs(out.Bytes())
	}
	return []string{out.String()}, nil
}

func check(fields []string) ([]string, error) {
	if len(fields) != 2 {
		return nil, errFrame
	}
	_, err := parse(fields[0], fields[1])
	return nil, err
}

func parse(name, text string) (*template.Template, error) {
	if last.name != name || last.text != text || last.template == nil && last.refusal == nil {
		last = parsedText{name: name, text: text}
		parsed, err := template.New(name).Funcs(mentioned(text)).Parse(text)
		if err == nil {
			last.template = parsed
		} else {
			last.refusal = located(err, name, text)
		}
	}
	return last.template, last.refusal
}

// Only the functions whose names occur: registering all of them costs more than most templates take. A name that does
// not occur cannot be called, so nothing else changes.
func mentioned(text string) template.FuncMap {
	found := template.FuncMap{}
	for word := range strings.FieldsFuncSeq(text, endsName) {
		if function, known := functions[word]; known {
			found[word] = function
		}
	}
	return found
}

func endsName(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return !letter && (r < '0' || r > '9') && r != '_'
}

// What KeysAndValues means: a YAML map of texts, in which a number or a boolean counts as its text.
func pairs(text []byte) ([]string, error) {
	found := map[string]string{}
	if err := yaml.Unmarshal(text, &found); err != nil {
		return nil, &Problem{Class: classNotPairs}
	}
	keys := make([]string, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	fields := make([]string, 0, 2*len(found))
	for _, key := range keys {
		fields = append(fields, key, found[key])
	}
	return fields, nil
}
