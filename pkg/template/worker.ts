// A thread for the Go engine: what blocks or dies in here takes nobody along. Started by thread.ts.
import { randomFillSync } from 'node:crypto'
import { type MessagePort, workerData } from 'node:worker_threads'
import { joinFrames, splitFrames, writeCalls } from './frame.ts'
import { OutOfMemory, openSandbox, type Sandbox } from './sandbox.ts'

/** What thread.ts hands over. */
export interface Handed {
  readonly module: WebAssembly.Module
  readonly port: MessagePort
  /** One int32: the index of the call under way, for the one who has to end it. */
  readonly progress: SharedArrayBuffer
}

/** What comes back: once `ready`, then one of the others for each request. After `stopped` the engine is of no use. */
export type Told =
  | { readonly is: 'ready' }
  | { readonly is: 'replies'; readonly replies: ArrayBuffer; readonly size: number }
  | { readonly is: 'stopped'; readonly why: 'out-of-memory' | 'too-deep' | 'crashed' }

// Typed here because workerData is any by nature; thread.ts writes exactly this.
const { module, port, progress }: Handed = workerData
const at = new Int32Array(progress)
const tell = (told: Told, transfer: ArrayBuffer[] = []) => port.postMessage(told, transfer)

/** A full stack is V8's RangeError: Go's own stacks lie in the memory that it may use. */
const whyStopped = (thrown: unknown): 'out-of-memory' | 'too-deep' | 'crashed' => {
  if (thrown instanceof OutOfMemory) return 'out-of-memory'
  return thrown instanceof RangeError ? 'too-deep' : 'crashed'
}

const answerAll = (sandbox: Sandbox, request: ArrayBuffer): ArrayBuffer => {
  const replies = splitFrames(new Uint8Array(request)).map((call, index) => {
    Atomics.store(at, 0, index)
    return sandbox.answer(call)
  })
  sandbox.forget()
  return joinFrames(replies)
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
  try {
    const replies = answerAll(sandbox, request)
    tell({ is: 'replies', replies, size: sandbox.size() }, [replies])
  } catch (thrown) {
    tell({ is: 'stopped', why: whyStopped(thrown) })
  }
})
warmUp()
tell({ is: 'ready' })
