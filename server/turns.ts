import { setImmediate } from 'node:timers/promises'

/** How long computing lets the rest of the process have a turn. */
export const turns = { now: () => performance.now(), pause: () => setImmediate() }
