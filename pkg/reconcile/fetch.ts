import type { ExternalSecret, ExternalSecretSpec, Identity, ItemRef } from '#api'
import { asFault, Fault, type FaultCode } from '#core'
import {
  type Fetched,
  type FindSite,
  findProblem,
  findQuery,
  findSites,
  type Items,
  refsOf,
  type StoreName,
  select,
  storeId,
  storesOf,
} from '#materialize'
import { isReferent } from './account.ts'
import { intervalOf } from './decide.ts'
import type { Parts, Pass } from './pass.ts'
import type { Deps, ItemSource } from './ports.ts'
import { keyOf, type Store, showStore } from './store.ts'
import type { Stores } from './stores.ts'

/** How old what comes from memory may be. Milliseconds. */
export interface Age {
  readonly values: number
  readonly listings: number
}

// these name Secrets and their keys
export const ofCredentials: readonly FaultCode[] = ['CredentialMissing', 'CredentialInvalid']

/**
 * What is wrong with a store, told to those who use it: its own fields mean nothing in their manifest. The credentials of a
 * ClusterSecretStore are in other namespaces, whose Secrets are nobody else's business.
 */
export const throughStore = (thrown: unknown, store: Store, path: string): Fault => {
  const { kind, metadata } = store
  const fault = asFault(thrown)
  if (kind === 'ClusterSecretStore' && !isReferent(store) && ofCredentials.includes(fault.code)) {
    return new Fault(fault.code, `${showStore(kind, metadata.name)}: its credentials cannot be used`, {
      path,
      remedy: 'read the status of the store',
      retryAfterMs: fault.retryAfterMs,
    })
  }
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

/** What reading takes: a pass has it, and so has a look before there is one. */
export interface Reading {
  readonly deps: Pick<Deps, 'turns'> & { readonly source: Pick<ItemSource, 'read' | 'list'> }
  readonly parts: Pick<Parts, 'identities'>
  readonly externalSecret: ExternalSecret
  readonly signal: AbortSignal
}

/** What is to be read with one of the stores. */
export interface Job {
  /** The store as the spec names it, with the field that does. */
  readonly name: StoreName & { readonly path: string }
  readonly store: Store
  readonly refs: readonly ItemRef[]
  readonly finds: readonly FindSite[]
}

/** What one store gives: items by refKey, and what each search found, by its path. */
export interface Got {
  readonly items: Items
  readonly found: ReadonlyMap<string, readonly string[] | Fault>
}

/** Faults of one search, and not of the store: told at its field. */
const isOwnFault = (thrown: unknown): thrown is Fault =>
  thrown instanceof Fault && (thrown.code === 'AccessDenied' || thrown.code === 'SpecInvalid')

const search = async (
  { deps, signal }: Reading,
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

const readStore = async (reading: Reading, { store, refs, finds }: Job, age: Age): Promise<Got> => {
  const { deps, parts, externalSecret, signal } = reading
  const { namespace = '', uid = '' } = externalSecret.metadata
  const identity = await parts.identities.of(store, namespace, signal)
  const found = new Map<string, readonly string[] | Fault>()
  const searches = finds.map(async site => found.set(site.path, await search(reading, identity, site, age)))
  await Promise.all(searches)
  const names = [...found.values()].flatMap(paths => (paths instanceof Fault ? [] : [...paths]))
  const all = [...refs, ...[...new Set(names)].map(path => ({ path, version: 0 }))]
  if (all.length === 0) return { items: new Map(), found }
  const keepMs = intervalOf(externalSecret) || undefined
  const items = await deps.source.read(identity, all, { maxAgeMs: age.values, scope: uid, keepMs }, signal)
  return { items, found }
}

/** What a spec reads, by the stores that are given. */
export const jobsOf = (spec: ExternalSecretSpec, stores: Stores): readonly Job[] => {
  const { refs } = refsOf(spec)
  const finds = findSites(spec)
  return storesOf(spec).flatMap(name => {
    const id = storeId(name)
    const store = stores.get(id)
    const own = finds.filter(site => storeId(site.store) === id)
    return store ? [{ name, store, refs: refs.get(id) ?? [], finds: own }] : []
  })
}

/** Everything of one store. Throws Fault where it could not be read at all. */
export const fetchFrom = (reading: Reading, job: Job, age: Age): Promise<Got> =>
  readStore(reading, job, age).catch((thrown: unknown) => {
    throw throughStore(thrown, job.store, job.name.path)
  })

/**
 * Everything that the spec reads, each store asked once and all at the same time. Throws Fault where a store could not be read
 * at all.
 */
export const fetchAll = async (pass: Pass, stores: Stores, age: Age): Promise<Fetched> => {
  const got = await Promise.all(
    jobsOf(pass.externalSecret.spec, stores).map(async job => {
      try {
        return [storeId(job.name), await fetchFrom(pass, job, age)] as const
      } catch (thrown) {
        if (thrown instanceof Fault && suspicious.includes(thrown.code)) pass.parts.suspect(keyOf(job.store))
        throw thrown
      }
    }),
  )
  return {
    items: new Map(got.map(([id, { items }]) => [id, items])),
    found: new Map(got.flatMap(([, { found }]) => [...found])),
  }
}
