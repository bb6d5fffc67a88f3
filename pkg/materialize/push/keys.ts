import { Fault, type Sensitive, show } from '#core'
import type { Values } from '../engine.ts'

export type Conversion = 'None' | 'ReverseUnicode'

// ESO's: four or five digits
const escaped = /_U([0-9a-fA-F]{4,5})_/g

const reversed = (key: string): string =>
  key.replaceAll(escaped, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16))).toWellFormed()

/** The name that a conversion gives a key. */
export const convertedKey = (key: string, conversion: Conversion): string =>
  conversion === 'None' ? key : reversed(key)

/** The values of a Secret by the names that a conversion gives their keys. Two that get one name are a fault, without a path. */
export const convertedKeys = (values: Values, conversion: Conversion): Values | Fault => {
  if (conversion === 'None') return values
  const made = new Map<string, Sensitive>()
  for (const [key, value] of values) {
    const name = reversed(key)
    if (made.has(name)) {
      return new Fault('KeyCollision', `two keys of the Secret become ${show(name)}`, { remedy: 'rename one of them' })
    }
    made.set(name, value)
  }
  return made
}
