// Answers what ESO's hashes are: one JSON object a line in, one a line out. A hash is the hex SHA3-224 of Go's %+v print.
// Values travel as base64; names and JSON source texts as text.
//
//	{"op":"data","data":[[KEY,base64],...]}                   the data-hash annotation of a Secret
//	{"op":"metadata","annotations":{...},"labels":{...}}      the second half of status.syncedResourceVersion
//	{"op":"created-by","namespace":N,"name":N}                the created-by label
//	{"op":"field-manager","name":N}                           the field manager; no hash up to 63 bytes
//	{"op":"value","json":T}                                   spec or data of a manifest target, read as apimachinery reads it
//
// Each gives {"want":TEXT}, and "value" what was hashed as "printed":TEXT. Where T is no JSON "want" is empty.
package main

import (
	"bufio"
	"crypto/sha3"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	kjson "sigs.k8s.io/json"
)

type question struct {
	Op          string            `json:"op"`
	Data        [][2]string       `json:"data"`
	Annotations map[string]string `json:"annotations"`
	Labels      map[string]string `json:"labels"`
	Namespace   string            `json:"namespace"`
	Name        string            `json:"name"`
	JSON        string            `json:"json"`
}

type reply struct {
	Want    string `json:"want"`
	Printed string `json:"printed,omitempty"`
}

func hashed(text string) string { return fmt.Sprintf("%x", sha3.Sum224([]byte(text))) }

func printed(value any) string { return fmt.Sprintf("%+v", value) }

func data(q question) reply {
	values := map[string][]byte{}
	for _, pair := range q.Data {
		bytes, err := base64.StdEncoding.DecodeString(pair[1])
		if err != nil {
			panic(err)
		}
		values[pair[0]] = bytes
	}
	return reply{Want: hashed(printed(values))}
}

func metadata(q question) reply {
	type both struct {
		annotations map[string]string
		labels      map[string]string
	}
	return reply{Want: hashed(printed(both{annotations: q.Annotations, labels: q.Labels}))}
}

func createdBy(q question) reply {
	return reply{Want: hashed(fmt.Sprintf("%s/%s", q.Namespace, q.Name))}
}

func fieldManager(q question) reply {
	const prefix = "externalsecrets.external-secrets.io/"
	if len(prefix)+len(q.Name) <= 63 {
		return reply{Want: prefix + q.Name}
	}
	return reply{Want: prefix + "sha3/" + hashed(q.Name)}
}

// The reader that unstructured objects go through: whole numbers are int64 where they fit, others float64.
func value(q question) reply {
	var read any
	if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(q.JSON), &read); err != nil {
		return reply{}
	}
	text := printed(read)
	return reply{Want: hashed(text), Printed: text}
}

var answers = map[string]func(question) reply{
	"data":          data,
	"metadata":      metadata,
	"created-by":    createdBy,
	"field-manager": fieldManager,
	"value":         value,
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<25)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		line, err := json.Marshal(answers[q.Op](q))
		if err != nil {
			panic(err)
		}
		out.Write(append(line, '\n'))
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
}
