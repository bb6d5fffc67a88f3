import { type ExternalSecretSpec, type Find, type ItemRef, type RemoteRef, refKey, type SourceRef } from '#api'
import { Fault } from '#core'

/** A store as a spec names it: of its own namespace where it is a SecretStore. */
export interface StoreName {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  readonly name: string
}

/** Key of a store in maps of what was read through it. */
export const storeId = ({ kind, name }: StoreName): string => `${kind}/${name}`

/** Where the spec names an item: field path of the ref, the ref, and the store to read it with. */
export interface Site {
  readonly path: string
  readonly ref: RemoteRef
  readonly store: StoreName
}

/** Where the spec searches for items. */
export interface FindSite {
  readonly path: string
  readonly find: Find
  readonly store: StoreName
}

const named = (ref: { kind?: StoreName['kind'] | undefined; name?: string | undefined } | undefined): StoreName => ({
  kind: ref?.kind ?? 'SecretStore',
  name: ref?.name ?? '',
})

/** An entry's own store goes before that of the whole spec (compatibility.md §2.3). */
const storeFor = (spec: ExternalSecretSpec, source: SourceRef | undefined): StoreName =>
  named(source?.storeRef ?? spec.secretStoreRef)

export const extractSites = (spec: ExternalSecretSpec): readonly Site[] =>
  (spec.dataFrom ?? []).flatMap(({ extract, sourceRef }, index) =>
    extract ? [{ path: `spec.dataFrom[${index}].extract`, ref: extract, store: storeFor(spec, sourceRef) }] : [],
  )

export const findSites = (spec: ExternalSecretSpec): readonly FindSite[] =>
  (spec.dataFrom ?? []).flatMap(({ find, sourceRef }, index) =>
    find ? [{ path: `spec.dataFrom[${index}].find`, find, store: storeFor(spec, sourceRef) }] : [],
  )

export const dataSites = (spec: ExternalSecretSpec): readonly (Site & { readonly secretKey: string })[] =>
  (spec.data ?? []).map(({ secretKey, remoteRef, sourceRef }, index) => ({
    path: `spec.data[${index}].remoteRef`,
    ref: remoteRef,
    secretKey,
    store: storeFor(spec, sourceRef),
  }))

/**
 * The distinct stores that a spec names, each with the first field that does. `used` says whether something is read with it:
 * spec.secretStoreRef is not where every entry has a store of its own.
 */
export const storesOf = (
  spec: ExternalSecretSpec,
): readonly (StoreName & { readonly path: string; readonly used: boolean })[] => {
  const entries = [
    ...(spec.data ?? []).map(({ sourceRef }, index) => ({ sourceRef, at: `spec.data[${index}]` })),
    ...(spec.dataFrom ?? []).map(({ sourceRef }, index) => ({ sourceRef, at: `spec.dataFrom[${index}]` })),
  ]
  const own = entries.some(({ sourceRef }) => !sourceRef?.storeRef && !sourceRef?.generatorRef)
  const main =
    spec.secretStoreRef || own ? [{ ...named(spec.secretStoreRef), path: 'spec.secretStoreRef', used: own }] : []
  const others = entries.flatMap(({ sourceRef, at }) =>
    sourceRef?.storeRef ? [{ ...named(sourceRef.storeRef), path: `${at}.sourceRef.storeRef`, used: true }] : [],
  )
  const distinct = new Map<string, StoreName & { path: string; used: boolean }>()
  for (const store of [...main, ...others]) {
    const known = distinct.get(storeId(store))
    if (!known) distinct.set(storeId(store), store)
    else if (store.used) known.used = true
  }
  return [...distinct.values()]
}

const maxVersion = 2 ** 31 - 1
// names are remembered, sent and repeated in messages: what they cost must not be up to who writes them
const longest = 4096

type Place = Pick<Site, 'path' | 'ref'>

const tooLong = ({ path, ref }: Place): Fault | undefined => {
  const field = ref.key.length > longest ? 'key' : (ref.property?.length ?? 0) > longest ? 'property' : undefined
  if (field === undefined) return undefined
  return new Fault('SpecInvalid', `is longer than ${longest} characters`, {
    path: `${path}.${field}`,
    remedy: 'write the name as the item has it',
  })
}

/**
 * The item that a site asks for. Any version but a decimal number is a fault, where ESO silently reads the latest; so is a key
 * or property of more than 4,096 characters.
 */
export const itemRef = (site: Place): ItemRef | Fault => {
  const fault = tooLong(site)
  if (fault) return fault
  const text = site.ref.version ?? ''
  if (text === '') return { path: site.ref.key, version: 0 }
  if (/^\d+$/.test(text) && Number(text) <= maxVersion) return { path: site.ref.key, version: Number(text) }
  return new Fault('SpecInvalid', `${JSON.stringify(text.slice(0, 40))} is not a version number`, {
    path: `${site.path}.version`,
    remedy: 'write a number as "3", or leave it out for the latest',
  })
}

const versionFault = (place: Place): readonly Fault[] => {
  // most refs have none
  if (!place.ref.version || tooLong(place)) return []
  const ref = itemRef(place)
  return ref instanceof Fault ? [ref] : []
}

/** What is wrong with the versions that a spec asks for. */
export const versionFaults = (spec: ExternalSecretSpec): readonly Fault[] => [
  ...(spec.dataFrom ?? []).flatMap(({ extract }, index) =>
    extract ? versionFault({ path: `spec.dataFrom[${index}].extract`, ref: extract }) : [],
  ),
  ...(spec.data ?? []).flatMap(({ remoteRef }, index) =>
    versionFault({ path: `spec.data[${index}].remoteRef`, ref: remoteRef }),
  ),
]

/**
 * The distinct items that an ExternalSecret names, by storeId, and what is wrong with the refs that name none. A ref that is too
 * long is in neither: admission's rule about names tells it, and so does materialize.
 */
export const refsOf = (
  spec: ExternalSecretSpec,
): { refs: ReadonlyMap<string, readonly ItemRef[]>; faults: readonly Fault[] } => {
  const stores = new Map<string, Map<string, ItemRef>>()
  const faults: Fault[] = []
  for (const site of [...extractSites(spec), ...dataSites(spec)]) {
    if (tooLong(site)) continue
    const ref = itemRef(site)
    if (ref instanceof Fault) {
      faults.push(ref)
      continue
    }
    const refs = stores.get(storeId(site.store)) ?? new Map<string, ItemRef>()
    stores.set(storeId(site.store), refs.set(refKey(ref), ref))
  }
  return { refs: new Map([...stores].map(([id, refs]) => [id, [...refs.values()]])), faults }
}
