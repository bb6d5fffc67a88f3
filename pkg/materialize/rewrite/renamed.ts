import { Fault, type Sensitive, show } from '#core'
import type { Values } from '../engine.ts'
import { mostFaults } from './work.ts'

/**
 * The data under new keys, given in its order. Two keys that become one are a fault each, where ESO lets chance decide; so is one
 * that becomes nothing, where ESO loses the value without a word: it is what `$1_x` makes, a group that is named 1_x.
 */
export const renamed = (data: Values, keys: readonly string[], path: string): Values | Fault[] => {
  const made = new Map<string, Sensitive>()
  const origins = new Map<string, string>()
  const faults: Fault[] = []
  let at = 0
  for (const [old, value] of data) {
    const key = keys[at++] ?? old
    if (key === '') {
      const what = new Fault('KeyInvalid', `${show(old)} becomes an empty key`, {
        path,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as Go writes a group
        remedy: 'write a group as ${1} where letters, digits or _ follow it',
      })
      if (faults.push(what) === mostFaults) break
      continue
    }
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
