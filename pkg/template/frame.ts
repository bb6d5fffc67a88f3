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

const lengthOf = (field: Field): number => (typeof field === 'string' ? Buffer.byteLength(field) : field.size)

/** What the fields of a call take, counted without opening them. Bytes. */
export const sizeOf = ({ fields }: Call): number => fields.reduce((sum, field) => sum + 4 + lengthOf(field), 0)

const framedSize = (frames: readonly Uint8Array[]): number =>
  frames.reduce((sum, { byteLength }) => sum + 4 + byteLength, 0)

/** Gives where the next frame goes. */
const put = (into: Buffer, at: number, bytes: Uint8Array): number => {
  into.set(bytes, into.writeUInt32LE(bytes.byteLength, at))
  return at + 4 + bytes.byteLength
}

const putAll = (into: Buffer, start: number, frames: readonly Uint8Array[]): number =>
  frames.reduce((at, bytes) => put(into, at, bytes), start)

/** Its own memory, not a slice of a pool: it can be handed to another thread whole. */
const allot = (size: number): { whole: ArrayBuffer; bytes: Buffer } => {
  const whole = new ArrayBuffer(size)
  return { whole, bytes: Buffer.from(whole) }
}

/** Several frames as one, each behind its length. */
export const joinFrames = (frames: readonly Uint8Array[]): ArrayBuffer => {
  const { whole, bytes } = allot(framedSize(frames))
  putAll(bytes, 0, frames)
  return whole
}

/** The frames again, as views into the same memory, each made when it is asked for: there may be many thousands. */
export function* framesOf(joined: Uint8Array): Generator<Buffer> {
  const bytes = Buffer.from(joined.buffer, joined.byteOffset, joined.byteLength)
  for (let at = 0; at < bytes.byteLength; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    yield bytes.subarray(at + 4, end)
    at = end
  }
}

const splitFrames = (joined: Uint8Array): Buffer[] => [...framesOf(joined)]

/** The calls of one request, ready to be handed to the worker. In one piece: what is thrown away waits for the collector. */
export const writeCalls = (calls: readonly Call[]): ArrayBuffer => {
  const opened = calls.map(({ operation, fields }) => ({ code: operations[operation], fields: fields.map(bytesOf) }))
  const { whole, bytes } = allot(opened.reduce((sum, { fields }) => sum + 4 + 1 + framedSize(fields), 0))
  let at = 0
  for (const { code, fields } of opened) {
    at = bytes.writeUInt32LE(1 + framedSize(fields), at)
    at = putAll(bytes, bytes.writeUInt8(code, at), fields)
  }
  return whole
}

/** The replies to the calls of one request, in their order. */
export const readReplies = (joined: ArrayBuffer): Reply[] =>
  splitFrames(new Uint8Array(joined)).map(frame => ({ done: frame[0] === 0, fields: splitFrames(frame.subarray(1)) }))
