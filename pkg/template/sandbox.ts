/** The Go engine as the worker sees it: bytes in, bytes out (engine/answer/frame.go). */
export interface Sandbox {
  /** Undefined where the reply has more than `most` bytes: it stays in the sandbox. */
  answer(call: Uint8Array, most: number): Uint8Array | undefined
  /** Drops the values of the last request. */
  forget(): void
  /** Bytes of linear memory; it never shrinks. */
  size(): number
}

/** All that the sandbox has of the world: the time, and random bytes. No files, no environment, no arguments, no output. */
export interface World {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds on a clock that never goes back. */
  elapsed(): number
  fillRandom(bytes: Uint8Array): void
}

/** Go wants more memory than dev/engine.ts grants. The instance is of no use any more. */
export class OutOfMemory extends Error {}

// wasi_snapshot_preview1: success, bad file descriptor, not supported
const done = 0
const badDescriptor = 8
const unsupported = 52
const clockRealtime = 0

type Call = (...args: readonly never[]) => number
type View = () => DataView

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1e6))

const clocks = (view: View, world: World) => ({
  clock_time_get: (clock: number, _precision: bigint, at: number) => {
    view().setBigUint64(at, nanoseconds(clock === clockRealtime ? world.now() : world.elapsed()), true)
    return done
  },
  random_get: (at: number, size: number) => {
    world.fillRandom(new Uint8Array(view().buffer, at, size))
    return done
  },
  sched_yield: () => done,
})

/** Every wait is over at once: nothing in the engine waits for anything but time. */
const waits = (view: View) => ({
  poll_oneoff: (subscriptions: number, events: number, count: number, countAt: number) => {
    const memory = view()
    for (let n = 0; n < count; n++) {
      const event = events + 32 * n
      memory.setBigUint64(event, memory.getBigUint64(subscriptions + 48 * n, true), true)
      memory.setBigUint64(event + 8, 0n, true)
    }
    memory.setUint32(countAt, count, true)
    return done
  },
})

const emptiness = (view: View) => {
  const nothing = (countAt: number, sizeAt: number) => {
    view().setUint32(countAt, 0, true)
    view().setUint32(sizeAt, 0, true)
    return done
  }
  return {
    args_sizes_get: nothing,
    environ_sizes_get: nothing,
    args_get: () => done,
    environ_get: () => done,
    fd_prestat_get: () => badDescriptor,
    proc_exit: () => {
      throw new Error('the engine has ended itself')
    },
  }
}

const lastWords = 'out of memory'

/** A panic's last words may quote a value: they are dropped, and only whether memory ran out is kept. */
const deafEar = (view: View, onExhausted: () => void) => ({
  fd_write: (_fd: number, pieces: number, count: number, writtenAt: number) => {
    const memory = view()
    let written = 0
    for (let n = 0; n < count; n++) {
      const size = memory.getUint32(pieces + 8 * n + 4, true)
      const text = Buffer.from(memory.buffer, memory.getUint32(pieces + 8 * n, true), size)
      if (text.includes(lastWords)) onExhausted()
      written += size
    }
    memory.setUint32(writtenAt, written, true)
    return done
  },
})

const importsFor = (module: WebAssembly.Module, known: Readonly<Record<string, Call>>): WebAssembly.Imports => {
  const imports: Record<string, Record<string, Call>> = {}
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {}
    imports[from][name] = known[name] ?? (() => unsupported)
  }
  return imports
}

/** What engine/main.go exports; its build is pinned by hash, so this cast is checked by every test. */
interface Exports {
  readonly memory: WebAssembly.Memory
  _initialize(): void
  reserve(size: number): number
  answer(): number
  forget(): void
}

/** Starts the engine in the calling thread: tens of milliseconds. A call that never ends blocks that thread. */
export const openSandbox = (module: WebAssembly.Module, world: World): Sandbox => {
  let exhausted = false
  const view: View = () => new DataView(exports.memory.buffer)
  const ear = deafEar(view, () => {
    exhausted = true
  })
  const host = { ...clocks(view, world), ...waits(view), ...emptiness(view), ...ear }
  const instance = new WebAssembly.Instance(module, importsFor(module, host))
  const exports = instance.exports as unknown as Exports
  exports._initialize()
  const run = (): number => {
    try {
      return exports.answer()
    } catch (thrown) {
      throw exhausted ? new OutOfMemory() : thrown
    }
  }
  return {
    answer: (call, most) => {
      const at = exports.reserve(call.byteLength)
      new Uint8Array(exports.memory.buffer, at, call.byteLength).set(call)
      const replyAt = run()
      const size = view().getUint32(replyAt, true)
      if (size > most) return undefined
      // a copy, of Node's pool where it is small: memory of its own would wait for the collector
      return Buffer.from(new Uint8Array(exports.memory.buffer, replyAt + 4, size))
    },
    forget: () => exports.forget(),
    size: () => exports.memory.buffer.byteLength,
  }
}
