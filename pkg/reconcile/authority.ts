import { X509Certificate } from 'node:crypto'
import type { AkeylessProvider } from '#api'
import { Fault, type FaultCode } from '#core'
import type { CredentialReader } from './ports.ts'
import { reach } from './reach.ts'
import type { Store } from './store.ts'

// a bundle of every public root is about 220 KB
const maxBytes = 512 * 1024
const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

const decoded = (text: string): string => {
  // white space goes first: a pattern that allows it in two places takes minutes over a hostile text
  const dense = text.replaceAll(/\s/g, '')
  return base64.test(dense) ? Buffer.from(dense, 'base64').toString('latin1') : text
}

/** PEM, base64 of PEM, and base64 of that: the field is base64 by its type, and ESO takes what people then write (akeyless.md §4.6). */
const toPem = (text: string): string => {
  const once = text.includes('-----BEGIN') ? text : decoded(text)
  return once.includes('-----BEGIN') ? once : decoded(once)
}

const readable = (pem: string): boolean => {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

/** PEM certificates in a text, or a fault that says what is there instead. Nothing of the text is repeated. */
const certificates = (text: string, code: FaultCode, what: string, path: string): string => {
  const fault = (problem: string) =>
    new Fault(code, `${what} ${problem}`, { path, remedy: 'give the CA certificates in PEM' })
  if (text.length > maxBytes) throw fault(`is longer than ${maxBytes / 1024} KiB`)
  const found = toPem(text).match(block)
  if (!found) throw fault('holds no PEM certificate')
  if (!found.every(readable)) throw fault('holds a certificate that cannot be read')
  return `${found.join('\n')}\n`
}

const base = 'spec.provider.akeyless'

const provided = async (
  ref: NonNullable<AkeylessProvider['caProvider']>,
  namespace: string,
  credentials: CredentialReader,
  signal: AbortSignal,
): Promise<string> => {
  const path = `${base}.caProvider`
  const object = `${ref.type} ${namespace}/${ref.name}`
  const key = ref.key ?? 'ca.crt'
  const missing = (what: string, remedy: string) =>
    new Fault('CredentialMissing', `${object} ${what}`, { path, remedy })
  const data =
    ref.type === 'Secret'
      ? await credentials.secret(namespace, ref.name, signal)
      : await credentials.configMap(namespace, ref.name, signal)
  if (!data) throw missing('does not exist', 'create it')
  const value = data.get(key)
  if (value === undefined) throw missing(`has no key ${JSON.stringify(key)}`, 'add the key, or name another in key')
  const text = typeof value === 'string' ? value : value.reveal().toString('latin1')
  return certificates(text, 'CredentialInvalid', `${object}, key ${JSON.stringify(key)},`, path)
}

/** The CA certificates that a store names for its gateway, as PEM; undefined where the system's roots count. Throws Fault. */
export const authorityOf = async (
  store: Store,
  provider: AkeylessProvider,
  namespace: string,
  credentials: CredentialReader,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (provider.caBundle) return certificates(provider.caBundle, 'SpecInvalid', 'the bundle', `${base}.caBundle`)
  if (!provider.caProvider) return undefined
  const from = reach(store.kind, namespace, provider.caProvider, `${base}.caProvider`)
  return provided(provider.caProvider, from, credentials, signal)
}
