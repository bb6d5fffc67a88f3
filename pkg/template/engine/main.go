//go:build wasip1

// The sandboxed half of pkg/template: a WASM reactor that answers the calls of package answer. The worker writes a call
// where reserve points, runs answer, and reads the reply there: a u32 length, little-endian, then the bytes.
package main

import (
	"encoding/binary"
	"runtime/debug"
	"unsafe"

	"latchkey.dev/pkg/template/engine/answer"
)

// Held here so that the collector leaves them alone while the worker copies.
var call, reply []byte

// Well below the maximum that dev/engine.ts writes into the memory section: the collector works harder before the end.
const softLimit = 80 << 20

func init() { debug.SetMemoryLimit(softLimit) }

//go:wasmexport reserve
func reserve(size uint32) uint32 {
	call = make([]byte, size)
	return address(call)
}

//go:wasmexport answer
func answerCall() uint32 {
	fields := answer.Call(call)
	reply = binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(fields)), uint32(len(fields)))
	reply = append(reply, fields...)
	call = nil
	return address(reply)
}

// Drops every byte of the last request.
//
//go:wasmexport forget
func forget() {
	clear(reply)
	call, reply = nil, nil
	answer.Forget()
}

func address(bytes []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes)))) }

func main() {}
