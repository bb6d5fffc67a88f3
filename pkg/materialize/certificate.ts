import type { ItemType } from '#api'

const tls: ReadonlyMap<string, string> = new Map([
  ['certificate_pem', 'tls.crt'],
  ['private_key_pem', 'tls.key'],
])

/**
 * How the fields of a certificate item are named in a Secret of type kubernetes.io/tls, which Kubernetes refuses without
 * tls.crt and tls.key. An addition to ESO, where such an extract cannot work.
 */
export const tlsKeys = (item: ItemType, secretType: string | undefined): ReadonlyMap<string, string> | undefined =>
  item === 'CERTIFICATE' && secretType === 'kubernetes.io/tls' ? tls : undefined

/** Keys that the API server asks for, by type of Secret. */
const required: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    'kubernetes.io/tls': ['tls.crt', 'tls.key'],
    'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
    'kubernetes.io/dockercfg': ['.dockercfg'],
    'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  }),
)

/** The keys that a Secret of this type must have and the given ones lack. */
export const missingKeys = (secretType: string | undefined, has: (key: string) => boolean): readonly string[] =>
  (required.get(secretType ?? '') ?? []).filter(key => !has(key))
