import type { ExternalSecretSpec } from '#api'
import { Fault, type Sensitive, show } from '#core'
import { missingKeys } from './certificate.ts'
import { extract } from './extract.ts'
import { type Items, itemAt, maxBytes, textAt } from './item.ts'
import { keyProblem } from './keys.ts'
import { dataSites, extractSites, type Site } from './refs.ts'
import { toValue } from './value.ts'

export type Materialized = { readonly data: ReadonlyMap<string, Sensitive> } | { readonly faults: readonly Fault[] }

/** Each reference looks through its whole item: enough for 1,000 of them to items of 16 KB, the largest static ones. Bytes. */
const mostLookedThrough = 16 * 1024 * 1024

/** More faults than this help nobody. */
const mostFaults = 100

type DataSite = ReturnType<typeof dataSites>[number]

const valueAt = (site: DataSite, items: Items): Sensitive | Fault => {
  const problem = keyProblem(site.secretKey)
  if (problem !== undefined) {
    return new Fault('KeyInvalid', `${show(site.secretKey)} ${problem.what}`, {
      path: site.path.replace(/remoteRef$/, 'secretKey'),
      remedy: problem.remedy,
    })
  }
  const item = itemAt(site, items)
  if (item instanceof Fault) return item
  const text = textAt(site, item)
  return text instanceof Fault ? text : toValue(text, site, `the value from item ${show(site.ref.key)}`)
}

const single = (site: DataSite, items: Items): Map<string, Sensitive> | Fault[] => {
  const value = valueAt(site, items)
  return value instanceof Fault ? [value] : new Map([[site.secretKey, value]])
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

const tooManyLooks = (sites: readonly Site[], items: Items): Fault | undefined => {
  let total = 0
  for (const site of sites) {
    const item = itemAt(site, items)
    if (!(item instanceof Fault)) total += item.text.size
  }
  if (total <= mostLookedThrough) return undefined
  const what = `the references look through ${total} bytes of items, ${mostLookedThrough} are allowed`
  return new Fault('SecretTooLarge', what, { path: 'spec', remedy: 'split it into several ExternalSecrets' })
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

/** The keys of all parts, later ones over earlier ones, or the first faults of them. */
const gather = (parts: readonly (() => Map<string, Sensitive> | Fault[])[]): Materialized => {
  const data = new Map<string, Sensitive>()
  const faults: Fault[] = []
  for (const part of parts) {
    const found = part()
    // one by one: as arguments of one call they could overflow the stack
    if (Array.isArray(found)) for (const fault of found) faults.push(fault)
    else for (const [key, value] of found) data.set(key, value)
    if (faults.length >= mostFaults) break
  }
  return faults.length > 0 ? { faults: faults.slice(0, mostFaults) } : { data }
}

/**
 * The data of the Secret from items already read: dataFrom in order, then data, later keys win (compatibility.md §2.3).
 * Otherwise the faults, all at once up to a hundred, each with its field path. No keys at all is data too: what then, the
 * deletionPolicy says.
 */
export const materialize = (spec: ExternalSecretSpec, items: Items): Materialized => {
  const [extracts, singles] = [extractSites(spec), dataSites(spec)]
  const costly = tooManyLooks([...extracts, ...singles], items)
  if (costly) return { faults: [costly] }
  const type = spec.target.template?.type
  const made = gather([
    ...extracts.map(site => () => extract(site, items, type)),
    ...singles.map(site => () => single(site, items)),
  ])
  if ('faults' in made) return made
  const faults = [...tooLarge(made.data), ...incomplete(type, made.data)]
  return faults.length > 0 ? { faults } : made
}
