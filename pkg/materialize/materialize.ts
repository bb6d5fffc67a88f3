import { type DataFromEntry, type ExternalSecretSpec, type ItemValue, refKey } from '#api'
import { Fault, Sensitive, show } from '#core'
import type { TemplateEngine, Values } from './engine.ts'
import { type Given, keysOf } from './entry.ts'
import { extract, renamedKeys } from './extract.ts'
import { type Fetched, itemsOf } from './fetched.ts'
import { foundAt, itemAt, type Taken, takeAll } from './item.ts'
import { keyProblem } from './keys.ts'
import { dataSites, extractSites, type FindSite, findSites, type Site } from './refs.ts'
import { rewrite } from './rewrite/rewrite.ts'
import { Work as Renaming } from './rewrite/work.ts'
import { toValue } from './value.ts'

/** What the items give, before any template. */
export type Materialized =
  | {
      readonly data: Values
      /** Items that are gone, where the deletionPolicy lets the rest be written without them. */
      readonly missing: readonly Fault[]
    }
  | { readonly faults: readonly Fault[] }

/** Each reference looks through its whole item: enough for 1,000 of them to items of 16 KB, the largest static ones. Bytes. */
const mostLookedThrough = 16 * 1024 * 1024

/** More faults than this help nobody. */
const mostFaults = 100

type Outcome = Map<string, Sensitive> | Fault[]
type DataSite = ReturnType<typeof dataSites>[number]

interface Work {
  readonly spec: ExternalSecretSpec
  readonly fetched: Fetched
  readonly taken: ReadonlyMap<Site, Taken | Fault>
  readonly engine: Pick<TemplateEngine, 'renderEach'>
  /** What all rewrites together may still cost. */
  readonly renaming: Renaming
}

const notTaken = ({ path }: Site): Fault => new Fault('Unexpected', 'was not looked at', { path })

const single = ({ taken }: Work, site: DataSite): Outcome => {
  const problem = keyProblem(site.secretKey)
  if (problem !== undefined) {
    const path = site.path.replace(/remoteRef$/, 'secretKey')
    return [new Fault('KeyInvalid', `${show(site.secretKey)} ${problem.what}`, { path, remedy: problem.remedy })]
  }
  const found = taken.get(site) ?? notTaken(site)
  if (found instanceof Fault) return [found]
  const raw = Sensitive.bytes(Buffer.from(found.text, 'latin1'))
  const value = toValue(raw, { path: site.path, wishes: site.ref }, `the value from item ${show(site.ref.key)}`)
  return value instanceof Fault ? [value] : new Map([[site.secretKey, value]])
}

/** An entry's names after its rewrite, if it has one. */
const rewritten = async (
  { engine, renaming }: Work,
  { rewrite: steps }: Pick<DataFromEntry, 'rewrite'>,
  given: Omit<Given, 'rewritten'>,
): Promise<Outcome> => {
  if (!steps?.length) return keysOf({ ...given, rewritten: false })
  const values = await rewrite(steps, given.values, given.path.replace(/\w+$/, 'rewrite'), engine, renaming)
  return Array.isArray(values) ? values : keysOf({ ...given, renamed: undefined, values, rewritten: true })
}

const extracted = async (work: Work, site: Site, entry: DataFromEntry): Promise<Outcome> => {
  const found = work.taken.get(site) ?? notTaken(site)
  const values = found instanceof Fault ? found : extract(site, found)
  if (values instanceof Fault || found instanceof Fault) return [values].filter(value => value instanceof Fault)
  return rewritten(work, entry, {
    path: site.path,
    namesAt: `${site.path}.key`,
    source: `item ${show(site.ref.key)}`,
    wishes: site.ref,
    renamed: renamedKeys(site, found, work.spec.target.template?.type),
    values,
  })
}

const searched = async (work: Work, site: FindSite, entry: DataFromEntry): Promise<Outcome> => {
  const names = work.fetched.found.get(site.path) ?? new Fault('Unexpected', 'was not searched', { path: site.path })
  if (names instanceof Fault) return [names]
  const items = itemsOf(work.fetched, site.store)
  const values = new Map<string, Sensitive>()
  const faults: Fault[] = []
  for (const name of names) {
    const value = foundAt(site.path, name, items)
    if (value instanceof Fault) faults.push(value)
    // ESO drops empty values of a search
    else if (value.size > 0) values.set(name, value)
  }
  if (faults.length > 0) return faults
  return rewritten(work, entry, {
    path: site.path,
    namesAt: site.path,
    source: 'the found items',
    wishes: site.find,
    renamed: undefined,
    values,
  })
}

const sizeOf = (item: ItemValue | Fault | undefined): number =>
  item === undefined || item instanceof Fault ? 0 : item.text.size

const tooManyLooks = (sites: readonly Site[], finds: readonly FindSite[], fetched: Fetched): Fault | undefined => {
  let total = 0
  for (const site of sites) total += sizeOf(itemAt(site, fetched))
  for (const { path, store } of finds) {
    const names = fetched.found.get(path)
    if (names === undefined || names instanceof Fault) continue
    for (const name of names) total += sizeOf(itemsOf(fetched, store).get(refKey({ path: name, version: 0 })))
  }
  if (total <= mostLookedThrough) return undefined
  const what = `the references look through ${total} bytes of items, ${mostLookedThrough} are allowed`
  return new Fault('SecretTooLarge', what, { path: 'spec', remedy: 'split it into several ExternalSecrets' })
}

/** Akeyless said that the item is not there: an entry of its own, or one member of a search that has just gone. */
const isGone = (fault: Fault): boolean => fault.code === 'ItemNotFound' && !(fault.path?.endsWith('.find') ?? false)

/**
 * What becomes of the parts (decision 20). Items that are gone fail an object whose Secret is retained; under Delete they must all be
 * gone before anything happens, so that no partial Secret is written (security.md I3); under Merge the rest goes on.
 */
const judged = ({ target }: ExternalSecretSpec, data: Values, faults: readonly Fault[]): Materialized => {
  const missing = faults.filter(isGone)
  const lenient =
    missing.length === faults.length &&
    (target.deletionPolicy === 'Merge' || (target.deletionPolicy === 'Delete' && data.size === 0))
  return faults.length === 0 || lenient ? { data, missing } : { faults: faults.slice(0, mostFaults) }
}

/** The parts in the order in which they are laid over each other. */
const partsOf = (
  work: Work,
  sites: { extracts: readonly Site[]; finds: readonly FindSite[]; singles: readonly DataSite[] },
): readonly (() => Outcome | Promise<Outcome>)[] => {
  const finds = new Map(sites.finds.map(site => [site.path, site]))
  const extracts = new Map(sites.extracts.map(site => [site.path, site]))
  const entries = (work.spec.dataFrom ?? []).flatMap((entry, index) => {
    const find = finds.get(`spec.dataFrom[${index}].find`)
    if (find) return [() => searched(work, find, entry)]
    const site = extracts.get(`spec.dataFrom[${index}].extract`)
    return site ? [() => extracted(work, site, entry)] : []
  })
  return [...entries, ...sites.singles.map(site => () => single(work, site))]
}

/**
 * The data of an ExternalSecret from items already read: dataFrom in order, then data, later keys win (compatibility.md §2.3).
 * Otherwise the faults, all at once up to a hundred, each with its field path. No keys at all is data too: what then, the
 * deletionPolicy says.
 */
export const materialize = async (
  spec: ExternalSecretSpec,
  fetched: Fetched,
  engine: Pick<TemplateEngine, 'get' | 'renderEach'>,
): Promise<Materialized> => {
  const sites = { extracts: extractSites(spec), finds: findSites(spec), singles: dataSites(spec) }
  const looking = [...sites.extracts, ...sites.singles]
  const costly = tooManyLooks(looking, sites.finds, fetched)
  if (costly) return { faults: [costly] }
  const work: Work = { spec, fetched, taken: await takeAll(looking, fetched, engine), engine, renaming: new Renaming() }
  const data = new Map<string, Sensitive>()
  const faults: Fault[] = []
  for (const part of partsOf(work, sites)) {
    const found = await part()
    // one by one: as arguments of one call they could overflow the stack
    if (Array.isArray(found)) for (const fault of found) faults.push(fault)
    else for (const [key, value] of found) data.set(key, value)
    if (faults.length > mostFaults && faults.some(fault => !isGone(fault))) break
  }
  return judged(spec, data, faults)
}
