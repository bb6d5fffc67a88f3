// Package answer gives what Go's own libraries make of a template, a gjson path or a YAML text. Calls and replies are
// frames of raw bytes (frame.go), never JSON strings, so a value that is no UTF-8 arrives as it left.
package answer

import "fmt"

// A call is an operation byte, then fields; a reply is a status byte, then fields.
const (
	OpValues = 1 // key, value, key, value...                  -> nothing: the data of the renders that follow
	OpRender = 2 // name, text, "refuse"|"print", "text"|"pairs" -> the text | key, value, key, value...
	OpGet    = 3 // JSON, path                                 -> "" | the text found
	OpJSON   = 4 // YAML                                       -> the same as JSON
	OpCheck  = 5 // name, text                                 -> nothing: it parses
)

const (
	statusDone   = 0
	statusRefuse = 1 // class, line, column, subject, near: see Problem
)

type operation func(fields []string) ([]string, error)

var operations = map[byte]operation{
	OpValues: setValues,
	OpRender: render,
	OpGet:    get,
	OpJSON:   yamlToJSON,
	OpCheck:  check,
}

// Call never panics: what a template makes a function do is the template's own failure.
func Call(call []byte) (reply []byte) {
	defer func() {
		if recover() != nil {
			reply = refused(&Problem{Class: classFailed})
		}
	}()
	if len(call) == 0 {
		return refused(&Problem{Class: classFailed})
	}
	fields, err := readFields(call[1:])
	if err != nil {
		return refused(&Problem{Class: classFailed})
	}
	run, known := operations[call[0]]
	if !known {
		return refused(&Problem{Class: classFailed})
	}
	result, err := run(fields)
	if err != nil {
		return refused(toProblem(err))
	}
	return writeFields(statusDone, result)
}

// Forget drops the values of the last request, and the template with them.
func Forget() { values, last = nil, parsedText{} }

func refused(problem *Problem) []byte {
	return writeFields(statusRefuse, []string{
		problem.Class, fmt.Sprint(problem.Line), fmt.Sprint(problem.Column), problem.Subject, problem.Near,
	})
}
