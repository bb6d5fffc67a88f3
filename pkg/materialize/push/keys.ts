import { Fault, type Sensitive, show } from '#core'
import type { Values } from '../engine.ts'

// ESO's: four or five digits
const escaped = /_U([0-9a-fA-F]{4,5})_/g

const reversed = (key: string): string =>
  key.replaceAll(escaped, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16))).toWellFormed()

/** The values of a Secret by the names that a conversion gives their keys. Two that get one name are a fault. */
export const convertedKeys = (values: Values, strategy: 'None' | 'ReverseUnicode', path: string): Values | Fault => {
  if (strategy === 'None') return values
  const made = new Map<string, Sensitive>()
  for (const [key, value] of values) {
    const name = reversed(key)
    if (made.has(name)) {
      const what = `two keys of the Secret become ${show(name)}`
      return new Fault('KeyCollision', what, { path: `${path}.conversionStrategy`, remedy: 'rename one of them' })
    }
    made.set(name, value)
  }
  return made
}
