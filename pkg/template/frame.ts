import type { Sensitive } from '#core'

/** Raw bytes, as engine/answer/frame.go reads and writes them: nothing on the way repairs what is no UTF-8. */
export type Field = string | Sensitive

/** One call of the engine: see engine/answer/answer.go for what each operation takes and gives. */
export interface Call {
  readonly operation: Operation
  readonly fields: readonly Field[]
}

const operations = { values: 1, render: 2, get: 3, json: 4, check: 5 } as const
export type Operation = keyof typeof operations

/** `done` with its fields, or refused with five: class, line, column, subject, near. */
export interface Reply {
  readonly done: boolean
  readonly fields: readonly Buffer[]
}

/** The one place where values are opened: they go into the sandbox. */
export const bytesOf = (field: Field): Buffer =>
  typeof field === 'string' ? Buffer.from(field, 'utf8') : field.reveal()

const part = (bytes: Uint8Array): Uint8Array[] => {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.byteLength)
  return [size, bytes]
}

/** Its own memory, not a slice of a pool: it can be handed to another thread whole. */
const join = (parts: readonly Uint8Array[]): ArrayBuffer => {
  const joined = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const bytes of parts) {
    joined.set(bytes, at)
    at += bytes.byteLength
  }
  return joined.buffer
}

/** Several frames as one, each behind its length. */
export const joinFrames = (frames: readonly Uint8Array[]): ArrayBuffer => join(frames.flatMap(part))

/** The frames again, as views into the same memory. */
export const splitFrames = (joined: Uint8Array): Buffer[] => {
  const bytes = Buffer.from(joined.buffer, joined.byteOffset, joined.byteLength)
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.byteLength; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    frames.push(bytes.subarray(at + 4, end))
    at = end
  }
  return frames
}

const writeCall = ({ operation, fields }: Call): Uint8Array =>
  new Uint8Array(join([Uint8Array.of(operations[operation]), ...fields.flatMap(field => part(bytesOf(field)))]))

/** The calls of one request, ready to be handed to the worker. */
export const writeCalls = (calls: readonly Call[]): ArrayBuffer => joinFrames(calls.map(writeCall))

/** The replies to the calls of one request, in their order. */
export const readReplies = (joined: ArrayBuffer): Reply[] =>
  splitFrames(new Uint8Array(joined)).map(frame => ({ done: frame[0] === 0, fields: splitFrames(frame.subarray(1)) }))
