import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Handed, Told } from './worker.ts'

/** Why a request ended without replies. */
export type StopReason = 'too-slow' | 'out-of-memory' | 'too-deep' | 'crashed'

/** `at` is the index of the call that was under way, `size` that of the engine's memory in bytes. */
export type Answer =
  | { readonly is: 'replies'; readonly replies: ArrayBuffer; readonly size: number }
  | { readonly is: 'too-much'; readonly at: number; readonly size: number }
  | { readonly is: 'stopped'; readonly why: StopReason; readonly at: number }

export type SetTimer = (ms: number, fire: () => void) => () => void

export interface ThreadOptions {
  /** worker.ts, or what the bundle has made of it. */
  readonly source: URL
  readonly module: WebAssembly.Module
  readonly setTimer: SetTimer
  /** How long it waits for a request before it calls `onIdle`; each request begins this anew. Milliseconds. */
  readonly idleMs: number
  readonly onIdle: () => void
  /** Ends it while it starts; afterwards `close` does. */
  readonly signal: AbortSignal
}

/** One engine in its thread, which answers one request at a time. After a `stopped` it is over. */
export interface Thread {
  /** `limitMs`: of processor time. */
  ask(request: ArrayBuffer, limitMs: number): Promise<Answer>
  close(): Promise<void>
}

/** Far more than starting takes (some 100 ms), on a machine that has other things to do. Milliseconds. */
const startLimit = 20_000

// The engine's memory has its own maximum (dev/engine.ts); this bounds the few lines of JavaScript around it.
const limits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2, stackSizeMb: 4 }

const start = (options: ThreadOptions, handed: Handed): Worker => {
  const worker = new Worker(options.source, {
    workerData: handed,
    transferList: [handed.port],
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: limits,
  })
  worker.on('message', options.onIdle)
  // What goes wrong between two requests shows at the next one.
  worker.on('error', () => {})
  // An idle engine keeps no process alive; a request does, by its timer. Last, because a listener takes hold again.
  worker.unref()
  return worker
}

interface Waiting {
  readonly limitMs: number
  readonly setTimer: SetTimer
  /** Asked when time is up: how much more there is, 0 for none. Milliseconds. */
  readonly more?: () => Promise<number>
}

/** What the worker says next, or why it never will. An answer that lies ready when time is up still counts. */
const hear = (worker: Worker, port: MessagePort, waiting: Waiting): Promise<Told | StopReason> =>
  new Promise(heard => {
    const { limitMs, setTimer, more = () => Promise.resolve(0) } = waiting
    let isSettled = false
    let cancel = () => {}
    const settle = (what: Told | StopReason) => {
      isSettled = true
      cancel()
      port.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
      port.unref()
      heard(what)
    }
    const onMessage = (told: Told) => settle(told)
    // Its only own way to fail is the bound on its heap.
    const onError = () => settle('out-of-memory')
    const onExit = () => settle('crashed')
    const overdue = async () => {
      const late: { message: Told } | undefined = receiveMessageOnPort(port)
      const ms = late ? 0 : await more()
      if (isSettled) return
      if (ms > 0) wait(ms)
      else settle(late?.message ?? 'too-slow')
    }
    const wait = (ms: number) => {
      cancel = setTimer(ms, () => void overdue())
    }
    wait(limitMs)
    port.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
  })

/** How long a request may take beyond its limit where the machine gives its thread no turn, and how long the thread is asked. Milliseconds. */
const mostWaited = 3_000
const askedFor = 500
/** Less is not worth a timer. Milliseconds. */
const shortest = 10

/** Processor time of the thread so far, in milliseconds; undefined where it does not tell. */
const spentBy = async (worker: Worker, setTimer: SetTimer): Promise<number | undefined> => {
  const silent = Promise.withResolvers<undefined>()
  const cancel = setTimer(askedFor, () => silent.resolve(undefined))
  const asked = worker.cpuUsage().then(
    ({ user, system }) => (user + system) / 1e3,
    () => undefined,
  )
  const spent = await Promise.race([asked, silent.promise])
  cancel()
  return spent
}

/**
 * A limit is one of processor time, for it is a template that shall be ended and not a busy machine. What the thread has spent
 * before the request lies in `begun`.
 */
const sparing = (worker: Worker, begun: Float64Array, { limitMs, setTimer }: Waiting): Waiting => {
  let waited = 0
  const more = async (): Promise<number> => {
    const spent = await spentBy(worker, setTimer)
    if (spent === undefined || waited >= mostWaited) return 0
    const left = limitMs - (spent - (begun[0] ?? 0))
    const ms = left <= 0 ? 0 : Math.min(Math.max(left, shortest), mostWaited - waited)
    waited += ms
    return ms
  }
  return { limitMs, setTimer, more }
}

/** Starts a thread and waits until its engine has warmed up; undefined where it does not start or is not to. */
export const openThread = async (options: ThreadOptions): Promise<Thread | undefined> => {
  const { port1: port, port2 } = new MessageChannel()
  const progress = new SharedArrayBuffer(16)
  const { module, signal, idleMs, setTimer } = options
  const begun = new Float64Array(progress, 8)
  const worker = start(options, { module, port: port2, progress, idleMs })
  const close = async () => {
    port.close()
    await worker.terminate()
  }
  signal.addEventListener('abort', close)
  const first = await hear(worker, port, { limitMs: startLimit, setTimer })
  signal.removeEventListener('abort', close)
  if (typeof first === 'string' || first.is !== 'ready') {
    await close()
    return undefined
  }
  const ask = async (request: ArrayBuffer, limitMs: number): Promise<Answer> => {
    port.postMessage(request, [request])
    const told = await hear(worker, port, sparing(worker, begun, { limitMs, setTimer }))
    const at = Atomics.load(new Int32Array(progress, 0, 1), 0)
    if (typeof told !== 'string' && told.is === 'replies') return told
    if (typeof told !== 'string' && told.is === 'too-much') return { ...told, at }
    const why = typeof told === 'string' ? told : told.is === 'stopped' ? told.why : 'crashed'
    await close()
    return { is: 'stopped', why, at }
  }
  return { ask, close }
}
