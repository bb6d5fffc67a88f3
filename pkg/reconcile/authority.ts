import type { AkeylessProvider } from '#api'
import { Fault, type FaultCode } from '#core'
import { caCertificates } from '#materialize'
import type { CredentialReader } from './ports.ts'
import { reach } from './reach.ts'
import type { Store } from './store.ts'

// a bundle of every public root is about 220 KB
const maxBytes = 512 * 1024

/** PEM certificates in a text, or a fault that says what is there instead. Nothing of the text is repeated. */
const certificates = (text: string, code: FaultCode, what: string, path: string): string => {
  const fault = (problem: string) =>
    new Fault(code, `${what} ${problem}`, { path, remedy: 'give the CA certificates in PEM' })
  if (text.length > maxBytes) throw fault(`is longer than ${maxBytes / 1024} KiB`)
  const found = caCertificates(text)
  if (found === undefined) throw fault('holds no PEM certificate, or one that cannot be read')
  return found
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
