import { parseDocument } from 'yaml'
import { z } from 'zod'
import { Fault } from '#core'
import { AwsKey, Cluster, SeedIdentity } from './identity.ts'

const common = {
  path: z.string().regex(/^(?:\/[^/]+)+$/, { error: 'must be a full path such as /apps/prod/db' }),
  description: z.string().default(''),
  tags: z.array(z.string()).default([]),
  enabled: z.boolean().default(true),
  deleteProtection: z.boolean().default(false),
}

const Static = z.strictObject({
  ...common,
  type: z.literal('STATIC_SECRET'),
  /** A string is answered verbatim; anything else is answered as it stands, the rarer form of akeyless.md §3.1. */
  value: z.json(),
  /** Earlier values, oldest first; `value` is the version after them. */
  versions: z.array(z.json()).default([]),
  subType: z.enum(['generic', 'password']).default('generic'),
  format: z.enum(['text', 'json', 'key-value']).default('text'),
})

const Dynamic = z.strictObject({
  ...common,
  type: z.literal('DYNAMIC_SECRET'),
  producer: z.enum(['database', 'aws', 'custom']).default('database'),
  ttlMinutes: z.number().positive().default(60),
  /** Fields that every lease answers beside its own. */
  fields: z.record(z.string(), z.json()).default({}),
  /** What a custom producer says in `error`: a 200 that is a failure. */
  error: z.string().default(''),
})

const Rotated = z.strictObject({
  ...common,
  type: z.literal('ROTATED_SECRET'),
  value: z.json(),
  versions: z.array(z.json()).default([]),
})

const Certificate = z
  .strictObject({
    ...common,
    type: z.literal('CERTIFICATE'),
    certificate: z.string().optional(),
    key: z.string().optional(),
    generate: z
      .strictObject({
        commonName: z.string().min(1),
        dnsNames: z.array(z.string()).default([]),
        days: z.number().int().default(365),
      })
      .optional(),
  })
  .refine(item => (item.certificate === undefined) !== (item.generate === undefined), {
    error: 'give either certificate (PEM) or generate',
    path: ['certificate'],
  })

/** Types that hold no readable value: they exist so that reading one fails as it does on a real gateway. */
const Opaque = z.strictObject({
  ...common,
  type: z.enum(['CLASSIC_KEY', 'SSH_CERT_ISSUER', 'PKI_CERT_ISSUER', 'TOKENIZER', 'USC', 'OIDC_APP']),
})

export const SeedItem = z.discriminatedUnion('type', [Static, Dynamic, Rotated, Certificate, Opaque])
export type SeedItem = z.output<typeof SeedItem>
export type SeedItemInput = z.input<typeof SeedItem>

type Flaw = (path: readonly PropertyKey[], message: string) => void

const twice = (flaw: Flaw, list: string, field: string, keys: readonly (string | undefined)[], show = true): void => {
  for (const [index, key] of keys.entries())
    if (key !== undefined && keys.indexOf(key) !== index)
      flaw([list, index, field], show ? `appears twice: ${key}` : 'appears twice')
}

/** What an identity needs from the other sections. */
const dangling = (flaw: Flaw, { identities, kubernetes, aws }: Sections): void => {
  const clusters = new Set(kubernetes.map(({ name }) => name))
  for (const [index, identity] of identities.entries()) {
    if (identity.type === 'k8s' && !clusters.has(identity.config))
      flaw(['identities', index, 'config'], 'names no entry of the section kubernetes')
    if (identity.type === 'aws_iam' && aws.length === 0)
      flaw(['identities', index, 'type'], 'needs a key pair in the section aws')
  }
}

const Sections = z.strictObject({
  identities: z.array(SeedIdentity).default([]),
  items: z.array(SeedItem).default([]),
  /** Clusters that identities of type k8s come from. */
  kubernetes: z.array(Cluster).default([]),
  /** Key pairs that identities of type aws_iam sign with. */
  aws: z.array(AwsKey).default([]),
})
type Sections = z.output<typeof Sections>

/** What a gateway starts with: who may log in and what they find. */
export const Seed = Sections.superRefine((seed, context) => {
  const flaw: Flaw = (path, message) => context.addIssue({ code: 'custom', path: [...path], message })
  const { identities, items, kubernetes, aws } = seed
  const uidTokens = identities.map(identity => (identity.type === 'universal_identity' ? identity.token : undefined))
  twice(
    flaw,
    'identities',
    'accessId',
    identities.map(identity => identity.accessId),
  )
  twice(flaw, 'identities', 'token', uidTokens, false)
  twice(
    flaw,
    'items',
    'path',
    items.map(item => item.path),
  )
  twice(
    flaw,
    'kubernetes',
    'name',
    kubernetes.map(({ name }) => name),
  )
  twice(
    flaw,
    'aws',
    'accessKeyId',
    aws.map(({ accessKeyId }) => accessKeyId),
  )
  dangling(flaw, seed)
})
export type Seed = z.output<typeof Seed>
export type SeedInput = z.input<typeof Seed>

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text ? `${text}.${String(key)}` : String(key)
  }, '')

/** Issues as lines, `items[2].path: what is wrong`. zod quotes no received value, so neither do we. */
export const issueLines = (error: z.ZodError): string[] =>
  error.issues.map(issue => `${pathOf(issue.path) || 'seed'}: ${issue.message}`)

const refuse = (file: string, lines: readonly string[]): Fault =>
  new Fault('ConfigInvalid', lines.map(line => `${file}: ${line}`).join('\n'))

/** Reads a seed from YAML or JSON text. Throws one Fault with a line per finding; `file` is only named in them. */
export const readSeed = (text: string, file = 'seed'): Seed => {
  // prettyErrors would quote the source line, which may hold a value
  const document = parseDocument(text, { prettyErrors: false })
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  if (document.errors.length > 0)
    throw refuse(
      file,
      document.errors.map(({ pos, code }) => `line ${lineOf(pos[0])}: not valid YAML or JSON (${code})`),
    )
  const seed = Seed.safeParse(document.toJS())
  if (!seed.success) throw refuse(file, issueLines(seed.error))
  return seed.data
}
