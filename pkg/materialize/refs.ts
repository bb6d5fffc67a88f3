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
// names are remembered, sent and repeated in messages: what they cost must not be up to who writes them
const longest = 4096

const tooLong = ({ path, ref }: Site): Fault | undefined => {
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
export const itemRef = (site: Site): ItemRef | Fault => {
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

/**
 * The distinct items that an ExternalSecret reads, and what is wrong with the refs that name none. A ref that is too long is
 * in neither: admission's rule about names tells it, and so does materialize.
 */
export const refsOf = (spec: ExternalSecretSpec): { refs: ItemRef[]; faults: Fault[] } => {
  const refs = new Map<string, ItemRef>()
  const faults: Fault[] = []
  for (const site of [...extractSites(spec), ...dataSites(spec)]) {
    if (tooLong(site)) continue
    const ref = itemRef(site)
    if (ref instanceof Fault) faults.push(ref)
    else refs.set(refKey(ref), ref)
  }
  return { refs: [...refs.values()], faults }
}
