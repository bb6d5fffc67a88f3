import { z } from 'zod'
import { recordOf } from './meta.ts'

/** What a policy makes of the warnings of a rule; `warn` also means that no annotation silences them. */
export const policyLevels = ['off', 'warn', 'deny'] as const

/** How many refreshes of single items a namespace may ask for in a minute before the rule refresh-rate speaks. */
const usualRefreshes = 300

const custom = (message: string, isGood: (text: string) => boolean) => z.string().refine(isGood, message)

const kinds = ['SecretStore', 'ClusterSecretStore'] as const

/** Whether a pattern, in which `*` stands for any characters, is all of a text. Looks at each character once. */
export const fits = (pattern: string, text: string): boolean => {
  const [first = '', ...parts] = pattern.split('*')
  const last = parts.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of parts) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= end
}

const isStorePattern = (text: string): boolean => {
  if (text === '*') return true
  const [kind = '', name, ...more] = text.split('/')
  const isKind = kinds.some(each => fits(kind, each))
  return isKind && more.length === 0 && name !== undefined && /^[-a-z0-9.*]+$/.test(name)
}

const NamespacePattern = custom('write the name of a namespace, with * for any characters', text =>
  /^[-a-z0-9*]+$/.test(text),
)
const StorePattern = custom(
  'write it as SecretStore/NAME or ClusterSecretStore/NAME, with * for any characters',
  isStorePattern,
)

/** Whether a text is a path without empty segments, `.` and `..`, with an asterisk only as its last segment. */
const isAllowedPath = (text: string): boolean => {
  if (text === '*' || text === '/*') return true
  const segments = text.replace(/^\//, '').replace(/\/\*$/, '').split('/')
  return segments.every(each => each === each.trim() && !['', '.', '..'].includes(each) && !each.includes('*'))
}

const AllowedPath = custom(
  'write the path of an item as /team-a/db, or of everything below a folder as /team-a/*',
  isAllowedPath,
)

/** Which paths refs of some namespaces may name through some stores (peers.md D12). */
export const PathRule = z.strictObject({
  namespaces: z
    .array(NamespacePattern)
    .min(1)
    .optional()
    .meta({ description: 'Names of namespaces, with `*` for any characters; left out, all.' }),
  stores: z
    .array(StorePattern)
    .min(1)
    .optional()
    .meta({ description: 'Stores as Kind/name, with `*` for any characters; left out, all.' }),
  allow: z.array(AllowedPath).meta({
    description: 'Paths of items, or of everything below a folder where `/*` stands at the end; none: nothing.',
  }),
})
export type PathRule = z.infer<typeof PathRule>

/** What the administrator of Latchkey wants admission, and the reconciler after it, to insist on: the file of --policy. */
export const Policy = z.strictObject({
  rules: recordOf(z.enum(policyLevels))
    .default({})
    .meta({ description: 'What becomes of the warnings of a rule, by its id: off, warn or deny.' }),
  paths: z
    .array(PathRule)
    .optional()
    .meta({ description: 'Which paths may be named; where an entry fits namespace and store, only what is allowed.' }),
  refreshesPerMinute: z
    .int()
    .min(1)
    .optional()
    .meta({ description: `What a namespace may ask for, in items a minute; left out, ${usualRefreshes}.` }),
})
export type Policy = z.infer<typeof Policy>
export type PolicyLevel = (typeof policyLevels)[number]

/** The budget of a namespace, in refreshes of single items a minute. */
export const refreshBudget = ({ refreshesPerMinute }: Partial<Policy> = {}): number =>
  refreshesPerMinute ?? usualRefreshes
