import { createPublicKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { FileText } from './file-text.ts'
import { Rule } from './roles.ts'

const AccessId = z
  .string()
  .regex(/^p-(?:[A-Za-z0-9]{14}|[A-Za-z0-9]{12})$/, { error: 'must be p- and 12 or 14 letters or digits' })

const common = {
  accessId: AccessId,
  /** Life of the tokens that a login gives. */
  ttlMinutes: z.number().positive().default(60),
  rules: z.array(Rule).default([]),
}

/** What a proof may be bound to; an empty list binds nothing. */
const anyOf = z.array(z.string().min(1)).default([])

/** Throws where the key is of a type that Node does not know. */
export const publicKeyOf = (jwk: object): KeyObject => createPublicKey({ key: { ...jwk }, format: 'jwk' })

const isPublicKey = (jwk: object): boolean => {
  try {
    publicKeyOf(jwk)
    return true
  } catch {
    return false
  }
}

const Jwk = z
  .looseObject({ kty: z.string(), kid: z.string().optional(), alg: z.string().optional(), crv: z.string().optional() })
  .refine(isPublicKey, { error: 'is not an RSA, EC or Ed25519 key as a JWK' })

/** A JSON Web Key Set, RFC 7517. */
export const KeySet = z.object({ keys: z.array(Jwk).min(1) })
export type KeySet = z.output<typeof KeySet>

/** Whose tokens are believed. */
const trust = {
  /** The key set itself, or a file that is read at each login, so that its keys may rotate. */
  jwks: z.union([KeySet, z.strictObject({ file: z.string().min(1) })], {
    error: 'must be { keys: [public keys as JWK] } or { file: PATH }',
  }),
  issuer: z.string().min(1),
  /** A token has to name one of them in aud. */
  audiences: anyOf,
  /** Claims that have to be there, with one of the values. */
  boundClaims: z.record(z.string(), z.array(z.string()).min(1)).default({}),
}

const Pem = FileText.refine(given => typeof given !== 'string' || given.includes('-----BEGIN CERTIFICATE-----'), {
  error: 'must be a PEM certificate or { file: PATH }',
})

const ApiKey = z.strictObject({ ...common, type: z.literal('api_key'), accessKey: z.string().min(1) })

const Kubernetes = z.strictObject({
  ...common,
  type: z.literal('k8s'),
  /** Name in the section `kubernetes`; logins have to name it as k8s-auth-config-name. */
  config: z.string().min(1),
  namespaces: anyOf,
  serviceAccounts: anyOf,
  audiences: anyOf,
})

/** Access types jwt and oidc. */
const Jwt = z.strictObject({ ...common, ...trust, type: z.literal('jwt') })

const Aws = z.strictObject({
  ...common,
  type: z.literal('aws_iam'),
  accounts: anyOf,
  arns: anyOf,
  /** Names of roles, as they stand in the ARN of a role or of an assumed role. */
  roles: anyOf,
})

const Azure = z.strictObject({
  ...common,
  ...trust,
  type: z.literal('azure_ad'),
  audiences: anyOf.default(['https://management.azure.com/', 'https://management.azure.com']),
  tenantIds: anyOf,
  objectIds: anyOf,
  clientIds: anyOf,
})

const Gcp = z.strictObject({
  ...common,
  ...trust,
  type: z.literal('gcp'),
  issuer: z.string().min(1).default('https://accounts.google.com'),
  audiences: anyOf.default(['akeyless.io']),
  /** Addresses of service accounts. */
  emails: anyOf,
})

const Universal = z.strictObject({
  ...common,
  type: z.literal('universal_identity'),
  token: z.string().regex(/^u-\S+$/, { error: 'must begin with u-' }),
  /** Life of the token and of each successor; a rotation in time starts it anew. */
  tokenTtlMinutes: z.number().positive().default(60),
  /** How long a token is good after its rotation. */
  graceSeconds: z.number().nonnegative().default(0),
})

const Cert = z.strictObject({
  ...common,
  type: z.literal('cert'),
  /** PEM; it has to have signed the certificate itself: intermediates are not looked for. */
  ca: Pem,
  commonNames: anyOf,
  dnsNames: anyOf,
})

const kinds = [ApiKey, Kubernetes, Jwt, Aws, Azure, Gcp, Universal, Cert] as const

/** Who may log in, and by which proof. akeyless.md §8.6 */
export const SeedIdentity = z.discriminatedUnion('type', kinds, {
  error: `must be one of ${kinds.map(kind => kind.shape.type.value).join(', ')}`,
})
export type SeedIdentity = z.output<typeof SeedIdentity>
export type IdentityType = SeedIdentity['type']
export type IdentityOf<T extends IdentityType> = Extract<SeedIdentity, { type: T }>
export type Trust = Pick<IdentityOf<'jwt'>, 'jwks' | 'issuer' | 'audiences' | 'boundClaims'>

/** A cluster whose tokens can be reviewed, and the credentials of the reviewer. */
export const Cluster = z.strictObject({
  name: z.string().min(1),
  server: z.url({ protocol: /^https?$/, error: 'must be the URL of an API server' }),
  /** PEM; without it the system's roots are believed. */
  ca: Pem.optional(),
  /** Of a ServiceAccount that may create tokenreviews (ClusterRole system:auth-delegator). */
  token: FileText,
})
export type Cluster = z.output<typeof Cluster>

/** A key pair that AWS knows, and whose it is. */
export const AwsKey = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  /** Temporary keys have one, and it has to come along. */
  sessionToken: z.string().min(1).optional(),
  arn: z
    .string()
    .regex(/^arn:[\w-]+:(?:iam|sts)::\d{12}:\S+$/, {
      error: 'must be an ARN such as arn:aws:iam::123456789012:user/dev',
    })
    .default('arn:aws:iam::123456789012:user/dev'),
})
export type AwsKey = z.output<typeof AwsKey>
