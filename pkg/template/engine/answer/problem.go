package answer

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Problem is why a call has no result. It names a class and words of the template's own source, never the error's text:
// that may quote a value.
type Problem struct {
	Class        string
	Line, Column int
	// A function, key, variable, field or template as the source spells it, or a Go type.
	Subject string
	// The function or key meant, perhaps; "nested" for a key that is not one of the data; or the Go type found.
	Near string
}

func (p *Problem) Error() string { return p.Class }

// Each is put into words in pkg/template/problem.ts.
const (
	classFailed   = "failed"
	classNotPairs = "not-pairs"
	classNotYAML  = "not-yaml"
	classOutput   = "output-too-large"
	classFunction = "unknown-function"
	classMissing  = "missing-key"
)

// In this order: the first that fits decides. Group 1 is the subject, group 2 what was found instead.
var classes = []struct {
	class string
	form  *regexp.Regexp
}{
	{classFunction, regexp.MustCompile(`^function "(\w{1,64})" not defined$`)},
	{"unknown-variable", regexp.MustCompile(`^undefined variable "(\$\w{0,64})"$`)},
	{"no-end", regexp.MustCompile(`^unexpected EOF$`)},
	{"extra-end", regexp.MustCompile(`^unexpected \{\{(end|else)`)},
	{"unclosed-action", regexp.MustCompile(`^unclosed (?:action|left paren)`)},
	{"unclosed-comment", regexp.MustCompile(`^(?:unclosed comment|comment ends before)`)},
	{"unclosed-quote", regexp.MustCompile(`^unterminated (?:raw )?(?:quoted string|character constant)`)},
	{"bad-character", regexp.MustCompile(`^(?:bad character|unexpected bad character)`)},
	{"bad-number", regexp.MustCompile(`^bad number syntax`)},
	{"outside-range", regexp.MustCompile(`^\{\{(break|continue)\}\} outside`)},
	{"no-operand", regexp.MustCompile(`^missing value for (\w+)`)},
	{"defined-twice", regexp.MustCompile(`multiple definition of template`)},
	{classMissing, regexp.MustCompile(`^(?:map has|nil data;) no entry for key "([^"\\]{1,253})"$`)},
	{"unknown-template", regexp.MustCompile(`^template "([^"\\]{1,253})" not defined$`)},
	{"too-deep", regexp.MustCompile(`^(?:exceeded maximum template depth|max expression depth)`)},
	{"argument-count", regexp.MustCompile(`^wrong number of args for (\w+)`)},
	{"wrong-type", regexp.MustCompile(`^wrong type for value; expected ([\w.*{}\[\] ]+); got ([\w.*{}\[\] ]+)$`)},
	{"wrong-type", regexp.MustCompile(`^(?:invalid value; )?expected (string|bool|boolean|integer|float|complex)\b`)},
	{"no-value", regexp.MustCompile(`^nil pointer evaluating [\w.*{}\[\] ]+\.(\w+)$`)},
	{"no-field", regexp.MustCompile(`^can't evaluate field (\w+) in type`)},
	{"no-list", regexp.MustCompile(`^range can't iterate over`)},
	{"incomparable", regexp.MustCompile(`^error calling (eq|ne|lt|le|gt|ge):`)},
	{"no-index", regexp.MustCompile(`^error calling (index|slice):`)},
	{"told-to-fail", regexp.MustCompile(`^error calling (fail):`)},
	{"function-failed", regexp.MustCompile(`^error calling (\w+):`)},
	{"bad-syntax", regexp.MustCompile(`^(?:unexpected|expected end|too many|invalid|illegal|can't|range can|non executable|empty command)`)},
}

var (
	position = regexp.MustCompile(`^(\d+):(?:(\d+):)? ?`)
	context  = regexp.MustCompile(`^executing "(?:[^"\\]|\\.)*" at <`)
)

// Where the message of package text/template says it is, and what it is about.
func located(err error, name, source string) error {
	var own *Problem
	if errors.As(err, &own) {
		return own
	}
	problem := &Problem{Class: classFailed}
	text := strings.TrimPrefix(err.Error(), "template: ")
	text = strings.TrimPrefix(text, name+":")
	if found := position.FindStringSubmatch(text); found != nil {
		problem.Line, _ = strconv.Atoi(found[1])
		if column, err := strconv.Atoi(found[2]); err == nil {
			problem.Column = column + 1
		}
		text = text[len(found[0]):]
	}
	at := ""
	if opening := context.FindString(text); opening != "" {
		// A source that quotes this very separator leaves a message of no known class: less is said, never more.
		at, text, _ = strings.Cut(text[len(opening):], ">: ")
	}
	problem.classify(text)
	problem.keepTo(source)
	problem.suggest(at)
	return problem
}

// A source that imitates the messages could pass a value off as a name: what it does not spell itself is not told.
func (p *Problem) keepTo(source string) {
	ofGo := p.Class == "wrong-type" || p.Class == "no-operand"
	if !ofGo && !strings.Contains(source, p.Subject) {
		p.Class, p.Subject = classFailed, ""
	}
}

// Names are not secret, values are: a key of the data may be proposed.
func (p *Problem) suggest(at string) {
	switch p.Class {
	case classFunction:
		p.Near = nearest(p.Subject, append(slices.Collect(maps.Keys(functions)), builtins...))
	case classMissing:
		if at != "."+p.Subject && at != "$."+p.Subject {
			p.Near = "nested"
			return
		}
		p.Near = nearest(p.Subject, slices.Collect(maps.Keys(values)))
	}
}

func (p *Problem) classify(message string) {
	message, _, _ = strings.Cut(message, "\n")
	for _, candidate := range classes {
		found := candidate.form.FindStringSubmatch(message)
		if found == nil {
			continue
		}
		p.Class = candidate.class
		if len(found) > 1 {
			p.Subject = found[1]
		}
		if len(found) > 2 {
			p.Near = found[2]
		}
		return
	}
}

func toProblem(err error) *Problem {
	var own *Problem
	if errors.As(err, &own) {
		return own
	}
	return &Problem{Class: classFailed}
}
