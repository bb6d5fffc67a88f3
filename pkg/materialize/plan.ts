import type { ExternalSecretSpec } from '#api'
import { Fault, type Sensitive } from '#core'
import { missingKeys } from './certificate.ts'
import { extract } from './extract.ts'
import { type Items, itemAt, textAt } from './item.ts'
import { keyProblem } from './keys.ts'
import { dataSites, extractSites } from './refs.ts'
import { show } from './show.ts'
import { toValue } from './value.ts'

export type Materialized = { readonly data: ReadonlyMap<string, Sensitive> } | { readonly faults: readonly Fault[] }

/** What Kubernetes allows for the values of one Secret together. Bytes. */
const maxBytes = 1024 * 1024

type DataSite = ReturnType<typeof dataSites>[number]

const valueAt = (site: DataSite, items: Items): Sensitive | Fault => {
  const problem = keyProblem(site.secretKey)
  if (problem !== undefined) {
    return new Fault('KeyInvalid', `${show(site.secretKey)} ${problem}`, {
      path: site.path.replace(/remoteRef$/, 'secretKey'),
      remedy: 'use letters, digits, - _ .',
    })
  }
  const item = itemAt(site, items)
  if (item instanceof Fault) return item
  const text = textAt(site, item)
  return text instanceof Fault ? text : toValue(text, site, `the value from item ${show(site.ref.key)}`)
}

const tooLarge = (data: ReadonlyMap<string, Sensitive>): Fault[] => {
  const sizes = [...data].map(([key, value]) => ({ key, size: value.size })).sort((a, b) => b.size - a.size)
  const total = sizes.reduce((sum, { size }) => sum + size, 0)
  if (total <= maxBytes) return []
  const largest = sizes.slice(0, 3).map(({ key, size }) => `${show(key)} ${size}`)
  return [
    new Fault(
      'SecretTooLarge',
      `the values have ${total} bytes, ${maxBytes} are allowed; largest: ${largest.join(', ')}`,
      {
        path: 'spec',
        remedy: 'split it into several ExternalSecrets',
      },
    ),
  ]
}

const incomplete = (type: string | undefined, data: ReadonlyMap<string, Sensitive>): Fault[] => {
  const missing = data.size === 0 ? [] : missingKeys(type, key => data.has(key))
  if (missing.length === 0) return []
  return [
    new Fault('KeyInvalid', `a Secret of type ${type} needs the key ${missing.join(' and ')}`, {
      path: 'spec.target.template.type',
      remedy: `add data with secretKey: ${missing[0]}, or choose another type`,
    }),
  ]
}

/**
 * The data of the Secret from items already read: dataFrom in order, then data, later keys win (compatibility.md §2.3).
 * Otherwise every fault at once, each with its field path. No keys at all is data too: what then, the deletionPolicy says.
 */
export const materialize = (spec: ExternalSecretSpec, items: Items): Materialized => {
  const data = new Map<string, Sensitive>()
  const faults: Fault[] = []
  const type = spec.target.template?.type
  for (const site of extractSites(spec)) {
    const found = extract(site, items, type)
    if (Array.isArray(found)) faults.push(...found)
    else for (const [key, value] of found) data.set(key, value)
  }
  for (const site of dataSites(spec)) {
    const value = valueAt(site, items)
    if (value instanceof Fault) faults.push(value)
    else data.set(site.secretKey, value)
  }
  if (faults.length === 0) faults.push(...tooLarge(data), ...incomplete(type, data))
  return faults.length > 0 ? { faults } : { data }
}
