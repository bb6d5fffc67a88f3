import type { Identity, ItemRef } from '#api'
import { asFault, Fault, type FaultCode } from '#core'
import {
  type Fetched,
  type FindSite,
  findProblem,
  findQuery,
  findSites,
  type Items,
  refsOf,
  select,
  storeId,
  storesOf,
} from '#materialize'
import { intervalOf } from './decide.ts'
import type { Pass } from './pass.ts'
import { keyOf, type Store, showStore } from './store.ts'
import type { Stores } from './stores.ts'

/** How old what comes from memory may be. Milliseconds. */
export interface Age {
  readonly values: number
  readonly listings: number
}

/** What is wrong with a store, told to those who use it: its own fields mean nothing in their manifest. */
export const throughStore = (thrown: unknown, { kind, metadata }: Store, path: string): Fault => {
  const fault = asFault(thrown)
  return new Fault(fault.code, `${showStore(kind, metadata.name)}: ${fault.message}`, {
    path,
    remedy: fault.remedy,
    retryAfterMs: fault.retryAfterMs,
    cause: fault.cause,
  })
}

// what a login that worked when the store was last looked at can come to since
export const suspicious: readonly FaultCode[] = [
  'LoginRefused',
  'LoginBlocked',
  'GatewayUntrusted',
  'CredentialMissing',
  'CredentialInvalid',
]

interface Job {
  readonly store: Store
  readonly refs: readonly ItemRef[]
  readonly finds: readonly FindSite[]
}

interface Got {
  readonly items: Items
  readonly found: ReadonlyMap<string, readonly string[] | Fault>
}

/** Faults of one search, and not of the store: told at its field. */
const isOwnFault = (thrown: unknown): thrown is Fault =>
  thrown instanceof Fault && (thrown.code === 'AccessDenied' || thrown.code === 'SpecInvalid')

const search = async (
  { deps, signal }: Pass,
  identity: Identity,
  { path, find }: FindSite,
  age: Age,
): Promise<readonly string[] | Fault> => {
  const problem = findProblem(find, path)
  if (problem) return problem
  try {
    const listed = await deps.source.list(identity, findQuery(find), { maxAgeMs: age.listings }, signal)
    return await select(find, listed, path, deps.turns)
  } catch (thrown) {
    if (isOwnFault(thrown)) return thrown.at(path)
    throw thrown
  }
}

const readStore = async (pass: Pass, { store, refs, finds }: Job, age: Age): Promise<Got> => {
  const { deps, parts, externalSecret, signal } = pass
  const { namespace = '', uid = '' } = externalSecret.metadata
  const identity = await parts.identities.of(store, namespace, signal)
  const found = new Map<string, readonly string[] | Fault>()
  const searches = finds.map(async site => found.set(site.path, await search(pass, identity, site, age)))
  await Promise.all(searches)
  const names = [...found.values()].flatMap(paths => (paths instanceof Fault ? [] : [...paths]))
  const all = [...refs, ...[...new Set(names)].map(path => ({ path, version: 0 }))]
  if (all.length === 0) return { items: new Map(), found }
  const keepMs = intervalOf(externalSecret) || undefined
  const items = await deps.source.read(identity, all, { maxAgeMs: age.values, scope: uid, keepMs }, signal)
  return { items, found }
}

/**
 * Everything that the spec reads, each store asked once and all at the same time. Throws Fault where a store could not be read
 * at all.
 */
export const fetchAll = async (pass: Pass, stores: Stores, age: Age): Promise<Fetched> => {
  const { spec } = pass.externalSecret
  const { refs } = refsOf(spec)
  const finds = findSites(spec)
  const got = await Promise.all(
    storesOf(spec).flatMap(name => {
      const id = storeId(name)
      const store = stores.get(id)
      if (!store) return []
      const job = { store, refs: refs.get(id) ?? [], finds: finds.filter(site => storeId(site.store) === id) }
      const read = readStore(pass, job, age).catch((thrown: unknown) => {
        const fault = throughStore(thrown, store, name.path)
        if (suspicious.includes(fault.code)) pass.parts.suspect(keyOf(store))
        throw fault
      })
      return [read.then(result => [id, result] as const)]
    }),
  )
  return {
    items: new Map(got.map(([id, { items }]) => [id, items])),
    found: new Map(got.flatMap(([, { found }]) => [...found])),
  }
}
