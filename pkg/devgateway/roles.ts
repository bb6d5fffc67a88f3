import { z } from 'zod'

export const capabilities = ['read', 'list', 'create', 'update', 'delete'] as const
export type Capability = (typeof capabilities)[number]

/** One path rule of an access role: `*` at the end covers everything below, `+` stands for exactly one segment. */
export const Rule = z.strictObject({
  path: z.string().startsWith('/'),
  allow: z.array(z.enum(capabilities)).default([]),
  /** Takes every capability away, whatever other rules allow. */
  deny: z.boolean().default(false),
  /** The rule is for logins whose proof carries each of these sub-claims with one of the values. */
  subClaims: z.record(z.string(), z.array(z.string()).min(1)).default({}),
})
export type Rule = z.infer<typeof Rule>

/** What a proof says of who logs in, by name, as `namespace` of a Kubernetes token. akeyless.md §4.1 */
export type Claims = ReadonlyMap<string, readonly string[]>

/** Whether each wanted claim is there with one of its values. */
export const carries = (claims: Claims, wanted: Readonly<Record<string, readonly string[]>>): boolean =>
  Object.entries(wanted).every(([name, values]) => claims.get(name)?.some(value => values.includes(value)) ?? false)

/** The rules that are for a caller with these claims. */
export const rulesFor = (rules: readonly Rule[], claims: Claims): Rule[] =>
  rules.filter(rule => carries(claims, rule.subClaims))

const covers = (pattern: string, path: string): boolean => {
  const open = pattern.endsWith('*')
  const want = (open ? pattern.slice(0, -1) : pattern).split('/')
  const have = path.split('/')
  if (open ? have.length < want.length : have.length !== want.length) return false
  return want.every((segment, index) => {
    if (segment === '+') return true
    const here = have[index] ?? ''
    return open && index === want.length - 1 ? here.startsWith(segment) : here === segment
  })
}

/** What the rules grant on a path, in the order of `capabilities`; any grant implies list, deny wins. akeyless.md §8.5 */
export const granted = (rules: readonly Rule[], path: string): Capability[] => {
  const here = rules.filter(rule => covers(rule.path, path))
  if (here.some(rule => rule.deny)) return []
  const allowed = new Set(here.flatMap(rule => rule.allow))
  if (allowed.size > 0) allowed.add('list')
  return capabilities.filter(capability => allowed.has(capability))
}
