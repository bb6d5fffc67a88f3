// Answers what ESO's Go libraries make of a value: one JSON object a line in, one a line out.
// Bytes travel as base64, so that no step between the two languages repairs them.
//
//	{"op":"get","text":T,"path":P}             gjson.Get        -> {"exists":bool,"valid":bool,"out":base64}
//	{"op":"decode","text":T,"strategy":S}      encoding/base64  -> {"exists":bool,"out":base64}
//	{"op":"extract","text":T}                  encoding/json    -> {"exists":bool,"members":[[key,base64],...]}
//
// "bytes":base64 in place of "text" asks about bytes that are no UTF-8.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"slices"

	"github.com/tidwall/gjson"
)

type question struct {
	Op       string `json:"op"`
	Text     string `json:"text"`
	Bytes    []byte `json:"bytes"`
	Path     string `json:"path"`
	Strategy string `json:"strategy"`
}

type reply struct {
	Exists  bool        `json:"exists"`
	Valid   bool        `json:"valid"`
	Out     string      `json:"out"`
	Members [][2]string `json:"members,omitempty"`
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func get(q question) reply {
	r := gjson.Get(q.Text, q.Path)
	return reply{Exists: r.Exists(), Valid: gjson.Valid(q.Text), Out: encode([]byte(r.String()))}
}

func decode(q question) reply {
	tries := map[string][]*base64.Encoding{
		"Base64":    {base64.StdEncoding},
		"Base64URL": {base64.URLEncoding},
		"Auto":      {base64.StdEncoding, base64.URLEncoding},
	}[q.Strategy]
	for _, encoding := range tries {
		if out, err := encoding.DecodeString(q.Text); err == nil {
			return reply{Exists: true, Out: encode(out)}
		}
	}
	if q.Strategy == "Base64" || q.Strategy == "Base64URL" {
		return reply{}
	}
	return reply{Exists: true, Out: encode([]byte(q.Text))}
}

func extract(q question) reply {
	var raw map[string]json.RawMessage
	if json.Unmarshal([]byte(q.Text), &raw) != nil {
		return reply{}
	}
	members := [][2]string{}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		var text string
		if json.Unmarshal(raw[key], &text) == nil {
			members = append(members, [2]string{key, encode([]byte(text))})
		} else {
			members = append(members, [2]string{key, encode(raw[key])})
		}
	}
	return reply{Exists: true, Members: members}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<25)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	ops := map[string]func(question) reply{"get": get, "decode": decode, "extract": extract}
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		if q.Bytes != nil {
			q.Text = string(q.Bytes)
		}
		line, err := json.Marshal(ops[q.Op](q))
		if err != nil {
			panic(err)
		}
		out.Write(append(line, '\n'))
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
}
