import { setTimeout as wait } from 'node:timers/promises'

export interface Deadline {
  readonly signal: AbortSignal
  /** Starts the time again, from now on with `ms`: for a stream that is alive as long as bytes come. */
  extend(ms: number): void
  clear(): void
}

/**
 * A signal that fires with `reason` after `ms`, or together with the parent. Cleared by hand: AbortSignal.any would hang one
 * entry per request on a parent that lives as long as the process.
 */
export const deadline = (parent: AbortSignal, ms: number, reason: () => Error): Deadline => {
  const controller = new AbortController()
  const follow = (): void => controller.abort(parent.reason)
  if (parent.aborted) follow()
  else parent.addEventListener('abort', follow, { once: true })
  const fire = (): void => controller.abort(reason())
  let timer = setTimeout(fire, ms)
  let armed = ms
  return {
    signal: controller.signal,
    extend: next => {
      if (next === armed) {
        timer.refresh()
        return
      }
      clearTimeout(timer)
      timer = setTimeout(fire, next)
      armed = next
    },
    clear: () => {
      clearTimeout(timer)
      parent.removeEventListener('abort', follow)
    },
  }
}

/** Waits; ends early, without an error, when the signal fires. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await wait(ms, undefined, { signal })
  } catch {
    // only the abort of the signal ends up here
  }
}
