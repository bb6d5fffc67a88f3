import { Fault, show } from '#core'
import { missingKeys } from '../certificate.ts'
import type { Values } from '../engine.ts'
import { maxBytes } from '../item.ts'

/** More faults than this help nobody. */
export const mostFaults = 100

/** That the values of a Secret are together more than 1 MiB, with the three largest; `name` says how a key is told. */
export const tooLarge = (data: Values, name: (key: string) => string = show): Fault[] => {
  const sizes = [...data].map(([key, value]) => ({ key, size: value.size })).sort((a, b) => b.size - a.size)
  const total = sizes.reduce((sum, { size }) => sum + size, 0)
  if (total <= maxBytes) return []
  const largest = sizes.slice(0, 3).map(({ key, size }) => `${name(key)} ${size}`)
  const what = `the values have ${total} bytes, ${maxBytes} are allowed; largest: ${largest.join(', ')}`
  return [new Fault('SecretTooLarge', what, { path: 'spec', remedy: 'split it into several ExternalSecrets' })]
}

/**
 * That a Secret lacks keys which the API server asks for by its type. A Secret without any keys is not judged: what becomes of it,
 * the deletionPolicy says. `templated`: the keys come from the template and not from data.
 */
export const incomplete = (type: string | undefined, data: Values, templated = false): Fault[] => {
  const missing = data.size === 0 ? [] : missingKeys(type, key => data.has(key))
  if (missing.length === 0) return []
  const add = templated ? `add ${missing[0]} to template.data` : `add data with secretKey: ${missing[0]}`
  return [
    new Fault('KeyInvalid', `a Secret of type ${type} needs the key ${missing.join(' and ')}`, {
      path: 'spec.target.template.type',
      remedy: `${add}, or choose another type`,
    }),
  ]
}
