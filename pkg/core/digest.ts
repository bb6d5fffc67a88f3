import { createHash } from 'node:crypto'

// ESO hashes Go's %+v print of a value with SHA3-224; compatibility.md §2.4 holds the golden vectors. Strings are compared as
// bytes there, so keys are sorted by UTF-8, which is not JavaScript's order above U+FFFF.
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

export const sha3 = (text: string): string => createHash('sha3-224').update(text, 'utf8').digest('hex')

/** The data-hash annotation: `map[a:[] b:[104 105]]` of the Secret's data, hashed. */
export const dataHash = (data: ReadonlyMap<string, Uint8Array>): string => {
  const hash = createHash('sha3-224').update('map[')
  const keys = [...data.keys()].sort(byBytes)
  keys.forEach((key, index) => {
    hash.update(`${index === 0 ? '' : ' '}${key}:[${(data.get(key) ?? []).join(' ')}]`)
  })
  return hash.update(']').digest('hex')
}

const goMap = (map: Readonly<Record<string, string>> | undefined): string =>
  `map[${Object.keys(map ?? {})
    .sort(byBytes)
    .map(key => `${key}:${map?.[key]}`)
    .join(' ')}]`

/** The metadata half of status.syncedResourceVersion: any change of an annotation or a label changes it. */
export const metadataHash = (
  annotations: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): string => sha3(`{annotations:${goMap(annotations)} labels:${goMap(labels)}}`)

/** The created-by label of a Secret that an ExternalSecret owns. */
export const createdByHash = (namespace: string, name: string): string => sha3(`${namespace}/${name}`)

/** ESO's field manager for the Secret of an ExternalSecret: hashed where the whole string would pass 63 characters. */
export const fieldManager = (name: string): string => {
  const plain = `externalsecrets.external-secrets.io/${name}`
  return plain.length <= 63 ? plain : `externalsecrets.external-secrets.io/sha3/${sha3(name)}`
}
