import type { z } from 'zod'
import {
  ClusterExternalSecret,
  ClusterPushSecret,
  ClusterSecretStore,
  ExternalSecret,
  PushSecret,
  SecretStore,
} from '#api'
import { type Context, type Finding, type Rule, stamp } from './findings.ts'
import {
  clusterExternalSecretRules,
  clusterPushSecretRules,
  externalSecretRules,
  pushSecretRules,
  schemaRule,
  storeRules,
} from './rules/index.ts'
import { breadthDrafts, fieldPath, repaired, schemaDrafts } from './schema.ts'

type Examine = (object: unknown, context: Context) => readonly Finding[]

/** A field path and everything that it lies in, cut at each dot and bracket. */
const upwards = (path: string): string[] => [
  ...[...path.matchAll(/[.[]/g)].map(({ index }) => path.slice(0, index)),
  path,
]

/** Tells whether a field path lies on one line from the root with one of these; the cost of an answer is its depth. */
const relatedTo = (paths: readonly string[]): ((path: string) => boolean) => {
  const themselves = new Set(paths)
  const around = new Set(paths.flatMap(upwards))
  return path => around.has(path) || upwards(path).some(outer => themselves.has(outer))
}

// A status is what controllers wrote, this one or ESO: no fault of the person who applies.
const withoutStatus = (object: unknown): unknown =>
  typeof object === 'object' && object !== null ? { ...object, status: undefined } : object

const examiner =
  <T>(schema: z.ZodType<T>, rules: readonly Rule<T>[]): Examine =>
  (object, context) => {
    const run = (parsed: T): Finding[] =>
      rules.flatMap(rule => rule.check(parsed, context).map(draft => stamp(rule.id, draft)))
    const broad = breadthDrafts(object)
    if (broad.length > 0) return broad.map(draft => stamp(schemaRule.id, draft))
    const parsed = schema.safeParse(withoutStatus(object))
    if (parsed.success) return run(parsed.data)
    const { issues } = parsed.error
    const broken = schemaDrafts(issues, object).map(draft => stamp(schemaRule.id, draft))
    const rest = schema.safeParse(withoutStatus(repaired(object, issues)))
    if (!rest.success) return broken
    const isBroken = relatedTo(issues.map(issue => fieldPath(issue.path)))
    return [...broken, ...run(rest.data).filter(finding => !isBroken(finding.path))]
  }

/** How each kind is examined; what is not here is not judged. */
export const kinds = {
  ExternalSecret: examiner(ExternalSecret, externalSecretRules),
  SecretStore: examiner<SecretStore | ClusterSecretStore>(SecretStore, storeRules),
  ClusterSecretStore: examiner<SecretStore | ClusterSecretStore>(ClusterSecretStore, storeRules),
  ClusterExternalSecret: examiner(ClusterExternalSecret, clusterExternalSecretRules),
  PushSecret: examiner(PushSecret, pushSecretRules),
  ClusterPushSecret: examiner(ClusterPushSecret, clusterPushSecretRules),
} satisfies Record<string, Examine>

export type JudgedKind = keyof typeof kinds

export const isJudged = (kind: unknown): kind is JudgedKind => typeof kind === 'string' && Object.hasOwn(kinds, kind)
