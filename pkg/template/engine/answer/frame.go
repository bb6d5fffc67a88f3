package answer

import (
	"encoding/binary"
	"errors"
)

var errFrame = errors.New("damaged frame")

// A field is a u32 length, little-endian, then that many bytes.
func readFields(frame []byte) ([]string, error) {
	var fields []string
	for len(frame) > 0 {
		if len(frame) < 4 {
			return nil, errFrame
		}
		size := binary.LittleEndian.Uint32(frame)
		frame = frame[4:]
		if uint64(size) > uint64(len(frame)) {
			return nil, errFrame
		}
		fields = append(fields, string(frame[:size]))
		frame = frame[size:]
	}
	return fields, nil
}

func writeFields(status byte, fields []string) []byte {
	size := 1
	for _, field := range fields {
		size += 4 + len(field)
	}
	frame := append(make([]byte, 0, size), status)
	for _, field := range fields {
		frame = binary.LittleEndian.AppendUint32(frame, uint32(len(field)))
		frame = append(frame, field...)
	}
	return frame
}
