// The template engine as a native program: the calls of package answer on stdin, each behind a u32 length, its replies on
// stdout likewise. What differs between this and the WASM is the fault of the way there.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"latchkey.dev/pkg/template/engine/answer"
)

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var size uint32
		if err := binary.Read(in, binary.LittleEndian, &size); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			panic(err)
		}
		call := make([]byte, size)
		if _, err := io.ReadFull(in, call); err != nil {
			panic(err)
		}
		reply := answer.Call(call)
		if err := binary.Write(out, binary.LittleEndian, uint32(len(reply))); err != nil {
			panic(err)
		}
		if _, err := out.Write(reply); err != nil {
			panic(err)
		}
	}
}
