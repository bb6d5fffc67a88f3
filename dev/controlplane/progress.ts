/** One line about work that takes a while; `done` and `total` count bytes (download) or packages (build). */
export interface Progress {
  readonly stage: 'find' | 'wait' | 'download' | 'build' | 'start'
  readonly text: string
  readonly done?: number
  readonly total?: number
}

export type OnProgress = (progress: Progress) => void

/** Calls `report` every `everyMs` with the whole seconds passed, until the returned function is called. */
export const heartbeat = (everyMs: number, report: (seconds: number) => void): (() => void) => {
  const started = performance.now()
  const timer = setInterval(() => report(Math.round((performance.now() - started) / 1000)), everyMs)
  return () => clearInterval(timer)
}
