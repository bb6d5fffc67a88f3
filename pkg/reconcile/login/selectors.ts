import type { AkeylessProvider } from '#api'
import { Fault, Sensitive, show } from '#core'
import type { CredentialReader } from '../ports.ts'
import { reach } from '../reach.ts'
import type { Store } from '../store.ts'

export const base = 'spec.provider.akeyless.authSecretRef'
export type Field = 'accessID' | 'accessType' | 'accessTypeParam'
export type Selectors = NonNullable<AkeylessProvider['authSecretRef']['secretRef']>
type Data = ReadonlyMap<string, Sensitive> | undefined

export interface SecretKey {
  readonly namespace: string
  readonly name: string
  readonly key: string
}

/** One value of the credentials, found: its bytes, and how messages name the place. */
export interface Found {
  readonly value: Sensitive
  readonly place: string
  readonly at: SecretKey
  readonly path: string
  /** It had blanks or line ends around it, which are left out. */
  readonly trimmed: boolean
}

export interface Context {
  readonly store: Store
  /** Of the ExternalSecret that reads, which is the store's own for a SecretStore. */
  readonly namespace: string
  readonly credentials: CredentialReader
  readonly signal: AbortSignal
}

/** What `kubectl create secret --from-file` and editors leave at the end belongs to no credential. */
const withoutEnd = (value: Sensitive): Sensitive => {
  const bytes = value.reveal()
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1
  return end === bytes.length ? value : Sensitive.bytes(bytes.subarray(0, end))
}

/** A value as a word without blanks around it: accessID, accessType and their like are no secrets. */
export const wordOf = ({ value }: Found): string => value.reveal().toString('utf8').trim()

const isPadded = (value: Sensitive): boolean => {
  const text = value.reveal().toString('utf8')
  return text.trim() !== text
}

const locate = (data: Data, at: { namespace: string; name: string; key: string; path: string }): Found | Fault => {
  const { namespace, name, key, path } = at
  const object = `Secret ${namespace}/${name}`
  if (!data) return new Fault('CredentialMissing', `${object} does not exist`, { path: base, remedy: 'create it' })
  const value = data.get(key)
  const place = `${object}, key ${JSON.stringify(key)},`
  if (value) {
    const found = withoutEnd(value)
    return { value: found, place, at: { namespace, name, key }, path, trimmed: isPadded(value) }
  }
  // names only, and few: the one that was meant is usually among them
  const others = [...data.keys()].slice(0, 5).map(show).join(', ')
  const remedy = others ? `add the key, or name one that is there: ${others}` : 'add the key'
  return new Fault('CredentialMissing', `${object} has no key ${JSON.stringify(key)}`, { path, remedy })
}

export interface Selector {
  readonly name?: string | undefined
  readonly key?: string | undefined
  readonly namespace?: string | undefined
}

/** Reads selectors; each Secret once, however many point into it. Gives Fault where there is no such value. */
export type Find = (selector: Selector | undefined, path: string) => Promise<Found | Fault>

export const createFind = ({ store, namespace, credentials, signal }: Context): Find => {
  const reads = new Map<string, Promise<Data>>()
  const read = (from: string, name: string): Promise<Data> => {
    const id = `${from}/${name}`
    const known = reads.get(id) ?? credentials.secret(from, name, signal)
    reads.set(id, known)
    return known
  }
  return async (selector, path) => {
    if (!selector?.name || !selector.key) {
      const missing = selector?.name ? 'key' : 'name'
      return new Fault('SpecInvalid', `the ${missing} is missing`, { path, remedy: 'give name and key of a Secret' })
    }
    const { name, key } = selector
    try {
      const from = reach(store.kind, namespace, selector, path)
      return locate(await read(from, name), { namespace: from, name, key, path })
    } catch (thrown) {
      if (thrown instanceof Fault) return thrown
      throw thrown
    }
  }
}

export const invalid = ({ place, path }: Found, problem: string, remedy: string): Fault =>
  new Fault('CredentialInvalid', `${place} ${problem}`, { path, remedy })
