import { Fault, type Sensitive, show } from '#core'
import type { Values } from '../engine.ts'
import { mostFaults } from './work.ts'

/**
 * The data under new keys, given in its order. Two keys that become one are a fault each, where ESO lets chance decide; but any
 * number may become nothing, which leaves them out of the Secret.
 */
export const renamed = (data: Values, keys: readonly string[], path: string): Values | Fault[] => {
  const made = new Map<string, Sensitive>()
  const origins = new Map<string, string>()
  const faults: Fault[] = []
  let at = 0
  for (const [old, value] of data) {
    const key = keys[at++] ?? old
    if (key === '') continue
    const earlier = origins.get(key)
    if (earlier === undefined) {
      origins.set(key, old)
      made.set(key, value)
      continue
    }
    const collision = new Fault('KeyCollision', `${show(earlier)} and ${show(old)} both become the key ${show(key)}`, {
      path,
      remedy: 'keep more of the old key in the new one',
    })
    if (faults.push(collision) === mostFaults) break
  }
  return faults.length > 0 ? faults : made
}
