// Answers when github.com/robfig/cron/v3 fires: one JSON object a line in, one a line out; instants are milliseconds of UTC.
//
//	{"spec":S,"at":T}  cron.ParseStandard, Schedule.Next  -> {"refused":bool,"next":[T]}  up to five, fewer where it finds no more
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"time"

	"github.com/robfig/cron/v3"
)

type question struct {
	Spec string `json:"spec"`
	At   int64  `json:"at"`
}

type reply struct {
	Refused bool    `json:"refused"`
	Next    []int64 `json:"next"`
}

func answer(q question) reply {
	schedule, err := cron.ParseStandard(q.Spec)
	if err != nil {
		return reply{Refused: true}
	}
	next := []int64{}
	for at := time.UnixMilli(q.At).UTC(); len(next) < 5; {
		at = schedule.Next(at)
		if at.IsZero() {
			break
		}
		next = append(next, at.UnixMilli())
	}
	return reply{Next: next}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		if err := out.Encode(answer(q)); err != nil {
			panic(err)
		}
	}
}
