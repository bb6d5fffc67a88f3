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

/** Go's %v of a float64: shortest digits, with an exponent of two digits or more below 1e-4 and from 1e6 (1e+06 is a million). */
const goFloat = (value: number): string => {
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return Object.is(value, -0) ? '-0' : String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

const fitsInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value

const goNumber = (value: number | bigint): string => {
  if (typeof value === 'number' && !Number.isInteger(value)) return goFloat(value)
  const whole = BigInt(value)
  return fitsInt64(whole) ? whole.toString() : goFloat(Number(value))
}

const goValue = (value: unknown): string => {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number' || typeof value === 'bigint') return goNumber(value)
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).sort(([a], [b]) => byBytes(a, b))
  return `map[${members.map(([key, member]) => `${key}:${goValue(member)}`).join(' ')}]`
}

/**
 * The data-hash of a manifest target: of its `spec`, else its `data`, as JSON.parse gives it (compatibility.md §2.8).
 * A number without a fraction counts as Go's int64 where it fits, else as float64. That is how ESO reads what an API server sends,
 * which writes 1.0 and 1e6 as 1 and 1000000; only of such text can the two not be told apart here. JSON.parse rounds whole
 * numbers above 2^53: hand those in as bigint for their exact digits, or the hash is that of the rounded number.
 */
export const unstructuredHash = (value: unknown): string => sha3(goValue(value))
