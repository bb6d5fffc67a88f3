import { z } from 'zod'

export const capabilities = ['read', 'list', 'create', 'update', 'delete'] as const
export type Capability = (typeof capabilities)[number]

/** One path rule of an access role: `*` at the end covers everything below, `+` stands for exactly one segment. */
export const Rule = z.strictObject({
  path: z.string().startsWith('/'),
  allow: z.array(z.enum(capabilities)).default([]),
  /** Takes every capability away, whatever other rules allow. */
  deny: z.boolean().default(false),
})
export type Rule = z.infer<typeof Rule>

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
