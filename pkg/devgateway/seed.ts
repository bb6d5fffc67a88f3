import { parseDocument } from 'yaml'
import { z } from 'zod'
import { Fault } from '#core'
import { Rule } from './roles.ts'

const AccessId = z
  .string()
  .regex(/^p-(?:[A-Za-z0-9]{14}|[A-Za-z0-9]{12})$/, { error: 'must be p- and 12 or 14 letters or digits' })

const SeedIdentity = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('api_key'),
    accessId: AccessId,
    accessKey: z.string().min(1),
    ttlMinutes: z.number().positive().default(60),
    rules: z.array(Rule).default([]),
  }),
])
export type SeedIdentity = z.output<typeof SeedIdentity>

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

/** What a gateway starts with: who may log in and what they find. */
export const Seed = z
  .strictObject({ identities: z.array(SeedIdentity).default([]), items: z.array(SeedItem).default([]) })
  .superRefine((seed, context) => {
    const twice = (list: string, field: string, keys: readonly string[]) => {
      for (const [index, key] of keys.entries())
        if (keys.indexOf(key) !== index)
          context.addIssue({ code: 'custom', path: [list, index, field], message: `appears twice: ${key}` })
    }
    twice(
      'identities',
      'accessId',
      seed.identities.map(identity => identity.accessId),
    )
    twice(
      'items',
      'path',
      seed.items.map(item => item.path),
    )
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
