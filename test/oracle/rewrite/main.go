// Answers what Go's regexp, text/template and encoding/json make of the rewrite steps of one dataFrom entry: one JSON
// object a line in, one a line out. Values travel as base64, so that no step between the two languages repairs them.
//
//	{"steps":[S...],"data":{key:base64}} -> {"data":{key:base64}} | {"refused":reason}
//
// S is a step as in a manifest. Where two keys become one in a renaming step, the reason is "collision": a Go map has no
// opinion on which of them stays.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

type data map[string][]byte

type step struct {
	Regexp *struct {
		Source, Target string
	}
	Transform *struct {
		Template string
	}
	Merge *struct {
		Into, PriorityPolicy, ConflictPolicy, Strategy string
		Priority                                       []string
	}
}

type question struct {
	Steps []step `json:"steps"`
	Data  data   `json:"data"`
}

type reply struct {
	Data    data   `json:"data,omitempty"`
	Refused string `json:"refused,omitempty"`
}

type refusal string

func (r refusal) Error() string { return string(r) }

// A few of sprig's, in its order of arguments: test/unit/template proves the functions themselves.
var functions = template.FuncMap{
	"upper":      strings.ToUpper,
	"lower":      strings.ToLower,
	"trimPrefix": func(prefix, s string) string { return strings.TrimPrefix(s, prefix) },
	"trimSuffix": func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
	"replace":    func(from, to, s string) string { return strings.ReplaceAll(s, from, to) },
}

func rename(in data, name func(string) (string, error)) (data, error) {
	out := data{}
	for key, value := range in {
		renamed, err := name(key)
		if err != nil {
			return nil, err
		}
		// ESO loses it without a word in the end
		if renamed == "" {
			return nil, refusal("empty")
		}
		if _, taken := out[renamed]; taken {
			return nil, refusal("collision")
		}
		out[renamed] = value
	}
	return out, nil
}

func (s step) byRegexp(in data) (data, error) {
	expression, err := regexp.Compile(s.Regexp.Source)
	if err != nil {
		return nil, refusal("regexp")
	}
	return rename(in, func(key string) (string, error) {
		return expression.ReplaceAllString(key, s.Regexp.Target), nil
	})
}

func (s step) byTemplate(in data) (data, error) {
	parsed, err := template.New("transform").Funcs(functions).Parse(s.Transform.Template)
	if err != nil {
		return nil, refusal("template")
	}
	return rename(in, func(key string) (string, error) {
		var out strings.Builder
		if parsed.Execute(&out, map[string]string{"value": key}) != nil {
			return "", refusal("template")
		}
		return out.String(), nil
	})
}

func order(in data, last []string, strict bool) ([]string, error) {
	keys := []string{}
	for _, key := range slices.Sorted(maps.Keys(in)) {
		if !slices.Contains(last, key) {
			keys = append(keys, key)
		}
	}
	for _, key := range last {
		if _, there := in[key]; there {
			keys = append(keys, key)
		} else if strict {
			return nil, refusal("priority")
		}
	}
	return keys, nil
}

func (s step) merge(in data) (data, error) {
	keys, err := order(in, s.Merge.Priority, s.Merge.PriorityPolicy != "IgnoreNotFound")
	if err != nil {
		return nil, err
	}
	merged := map[string]any{}
	conflict := false
	for _, key := range keys {
		var members map[string]any
		if json.Unmarshal(in[key], &members) != nil {
			return nil, refusal("json")
		}
		for name, value := range members {
			_, known := merged[name]
			conflict = conflict || known
			merged[name] = value
		}
	}
	if conflict && s.Merge.ConflictPolicy != "Ignore" {
		return nil, refusal("conflict")
	}
	if s.Merge.Strategy == "JSON" {
		return s.into(in, merged)
	}
	out := data{}
	for name, value := range merged {
		out[name] = text(value)
	}
	return out, nil
}

func (s step) into(in data, merged map[string]any) (data, error) {
	if s.Merge.Into == "" {
		return nil, refusal("into")
	}
	var printed bytes.Buffer
	encoder := json.NewEncoder(&printed)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(merged); err != nil {
		return nil, err
	}
	out := maps.Clone(in)
	out[s.Merge.Into] = bytes.TrimRight(printed.Bytes(), "\n")
	return out, nil
}

func text(value any) []byte {
	switch value := value.(type) {
	case nil:
		return []byte{}
	case string:
		return []byte(value)
	case bool:
		return strconv.AppendBool(nil, value)
	case float64:
		return strconv.AppendFloat(nil, value, 'f', -1, 64)
	}
	printed, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return printed
}

func (s step) take(in data) (data, error) {
	switch {
	case s.Merge != nil:
		return s.merge(in)
	case s.Regexp != nil:
		return s.byRegexp(in)
	case s.Transform != nil:
		return s.byTemplate(in)
	}
	return in, nil
}

func answer(q question) reply {
	current := q.Data
	for _, s := range q.Steps {
		next, err := s.take(current)
		if err != nil {
			return reply{Refused: err.Error()}
		}
		current = next
	}
	return reply{Data: current}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		line, err := json.Marshal(answer(q))
		if err != nil {
			panic(err)
		}
		out.Write(append(line, '\n'))
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
}
