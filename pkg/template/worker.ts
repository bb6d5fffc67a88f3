// A thread for the Go engine: what blocks or dies in here takes nobody along. Started by thread.ts.
import { randomFillSync } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { framesOf, joinFrames, writeCalls } from './frame.ts'
import { OutOfMemory, openSandbox, type Sandbox } from './sandbox.ts'

/** What thread.ts hands over. */
export interface Handed {
  readonly module: WebAssembly.Module
  readonly port: MessagePort
  /**
   * For the one who has to end it: an int32, the index of the call under way; and from byte 8 a double, the processor time of the thread
   * in milliseconds when the request began.
   */
  readonly progress: SharedArrayBuffer
  /** After this time without a request the thread says so, once. Milliseconds. */
  readonly idleMs: number
}

/**
 * What comes back: once `ready`, then one of the others for each request. After `too-much` the next request is answered as
 * well as after `replies`; after `stopped` the engine is of no use. That the thread is idle comes on the parent's own port.
 */
export type Told =
  | { readonly is: 'ready' }
  | { readonly is: 'replies'; readonly replies: ArrayBuffer; readonly size: number }
  | { readonly is: 'too-much'; readonly size: number }
  | { readonly is: 'stopped'; readonly why: 'out-of-memory' | 'too-deep' | 'crashed' }

// Typed here because workerData is any by nature; thread.ts writes exactly this.
const { module, port, progress, idleMs }: Handed = workerData
const at = new Int32Array(progress, 0, 1)
const begun = new Float64Array(progress, 8)
const tell = (told: Told, transfer: ArrayBuffer[] = []) => port.postMessage(told, transfer)

/** A full stack is V8's RangeError: Go's own stacks lie in the memory that it may use. */
const whyStopped = (thrown: unknown): 'out-of-memory' | 'too-deep' | 'crashed' => {
  if (thrown instanceof OutOfMemory) return 'out-of-memory'
  return thrown instanceof RangeError ? 'too-deep' : 'crashed'
}

/** Of all replies to one request: eight Secrets full to the brim. What is more would be held in the process many times. Bytes. */
const mostOut = 8 * 1024 * 1024

/** Undefined where the replies are more than `mostOut`; the rest is not asked for then. */
const repliesTo = (sandbox: Sandbox, request: ArrayBuffer): Uint8Array[] | undefined => {
  const replies: Uint8Array[] = []
  let room = mostOut
  for (const call of framesOf(new Uint8Array(request))) {
    Atomics.store(at, 0, replies.length)
    const reply = sandbox.answer(call, room)
    if (reply === undefined) return undefined
    room -= reply.byteLength
    replies.push(reply)
  }
  return replies
}

const answerAll = (sandbox: Sandbox, request: ArrayBuffer): ArrayBuffer | undefined => {
  const replies = repliesTo(sandbox, request)
  sandbox.forget()
  return replies && joinFrames(replies)
}

const sandbox = openSandbox(module, {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  fillRandom: bytes => {
    randomFillSync(bytes)
  },
})

/** V8 compiles a function when it is first called: the first user should not be charged with that. */
const warmUp = () =>
  answerAll(
    sandbox,
    writeCalls([
      { operation: 'values', fields: ['key', '{"a":["b"]}'] },
      {
        operation: 'render',
        fields: ['warm', '{{ range (.key | fromJson).a }}{{ . | quote }}{{ end }}: 1', 'refuse', 'pairs'],
      },
      { operation: 'render', fields: ['warm', '{{ .none }}', 'refuse', 'text'] },
    ]),
  )

port.on('message', (request: ArrayBuffer) => {
  const { user, system } = process.threadCpuUsage()
  begun[0] = (user + system) / 1e3
  try {
    const replies = answerAll(sandbox, request)
    if (replies) tell({ is: 'replies', replies, size: sandbox.size() }, [replies])
    else tell({ is: 'too-much', size: sandbox.size() })
  } catch (thrown) {
    tell({ is: 'stopped', why: whyStopped(thrown) })
  }
  idle.refresh()
})
warmUp()
// In here and not in the process, which a timer of minutes would keep alive.
const idle = setTimeout(() => parentPort?.postMessage('idle'), idleMs)
tell({ is: 'ready' })
