import { Fault, Sensitive } from '#core'

/** Where the CA lives between processes. Leaf keys are never stored. */
export interface CaStore {
  /** Undefined when there is none. */
  load(signal: AbortSignal): Promise<Stored | undefined>
  /** `conflict`: somebody else made it first. */
  create(ca: StoredCa, signal: AbortSignal): Promise<'written' | 'conflict'>
  /** `conflict`: it is no longer the one with this version. */
  replace(ca: StoredCa, version: string, signal: AbortSignal): Promise<'written' | 'conflict'>
}

export interface StoredCa {
  /** PEM, the signing CA first, then retired ones that are still trusted. */
  readonly certs: string
  /** PEM of the signing CA's key. */
  readonly key: Sensitive
}

export interface Stored extends StoredCa {
  readonly version: string
}

interface KubeSecret {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly resourceVersion?: string
    readonly [field: string]: unknown
  }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** The three calls on Secrets that are needed here; the SecretWriter of the reconciler's ports satisfies it. */
export interface SecretCalls {
  read(namespace: string, name: string, signal: AbortSignal): Promise<KubeSecret | undefined>
  create(secret: KubeSecret, fieldManager: string, signal: AbortSignal): Promise<'written' | 'conflict'>
  replace(secret: KubeSecret, fieldManager: string, signal: AbortSignal): Promise<'written' | 'conflict'>
}

const manager = 'latchkey'
/** A type that no ExternalSecret makes or writes: the reconciler refuses it (pkg/reconcile/refusal.ts). */
const type = 'latchkey.dev/webhook-ca'

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64')
const decode = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64')

const dataOf = (ca: StoredCa): Record<string, string> => ({
  'ca.crt': base64(ca.certs),
  'ca.key': base64(ca.key.reveal()),
})

/** The CA in one Secret, keys ca.crt and ca.key; other keys and labels on it are left alone. */
export const secretStore = (deps: { secrets: SecretCalls; namespace: string; name: string }): CaStore => {
  const { secrets, namespace, name } = deps
  const read = (signal: AbortSignal) => secrets.read(namespace, name, signal)
  return {
    async load(signal) {
      const found = await read(signal)
      if (!found) return undefined
      const version = found.metadata.resourceVersion
      if (!version) throw new Fault('ClusterRefused', `Secret ${namespace}/${name} came without resourceVersion`)
      const data = found.data ?? {}
      return { certs: decode(data['ca.crt']).toString(), key: Sensitive.bytes(decode(data['ca.key'])), version }
    },
    create(ca, signal) {
      const metadata = { name, namespace, labels: { 'app.kubernetes.io/name': 'latchkey' } }
      return secrets.create({ apiVersion: 'v1', kind: 'Secret', metadata, type, data: dataOf(ca) }, manager, signal)
    },
    async replace(ca, version, signal) {
      const found = await read(signal)
      if (found?.metadata.resourceVersion !== version) return 'conflict'
      return secrets.replace({ ...found, data: { ...found.data, ...dataOf(ca) } }, manager, signal)
    },
  }
}
