import { type ExternalSecretSpec, type ItemRef, type RemoteRef, refKey } from '#api'
import { Fault } from '#core'

/** Where the spec names an item: field path of the ref, and the ref. */
export interface Site {
  readonly path: string
  readonly ref: RemoteRef
}

export const extractSites = (spec: ExternalSecretSpec): readonly Site[] =>
  (spec.dataFrom ?? []).flatMap((entry, index) =>
    entry.extract ? [{ path: `spec.dataFrom[${index}].extract`, ref: entry.extract }] : [],
  )

export const dataSites = (spec: ExternalSecretSpec): readonly (Site & { readonly secretKey: string })[] =>
  (spec.data ?? []).map(({ secretKey, remoteRef }, index) => ({
    path: `spec.data[${index}].remoteRef`,
    ref: remoteRef,
    secretKey,
  }))

const maxVersion = 2 ** 31 - 1

/** The item that a site asks for. Any version but a decimal number is a fault, where ESO silently reads the latest. */
export const itemRef = (site: Site): ItemRef | Fault => {
  const text = site.ref.version ?? ''
  if (text === '') return { path: site.ref.key, version: 0 }
  if (/^\d+$/.test(text) && Number(text) <= maxVersion) return { path: site.ref.key, version: Number(text) }
  return new Fault('SpecInvalid', `${JSON.stringify(text.slice(0, 40))} is not a version number`, {
    path: `${site.path}.version`,
    remedy: 'write a number as "3", or leave it out for the latest',
  })
}

/** The distinct items that an ExternalSecret reads, and what is wrong with the refs that name none. */
export const refsOf = (spec: ExternalSecretSpec): { refs: ItemRef[]; faults: Fault[] } => {
  const refs = new Map<string, ItemRef>()
  const faults: Fault[] = []
  for (const site of [...extractSites(spec), ...dataSites(spec)]) {
    const ref = itemRef(site)
    if (ref instanceof Fault) faults.push(ref)
    else refs.set(refKey(ref), ref)
  }
  return { refs: [...refs.values()], faults }
}
