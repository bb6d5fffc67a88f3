import { type AdmissionAnswer, AdmissionReview, answer, group, kinds } from '#api'
import { show } from '#core'
import type { Check, Checks } from './check.ts'
import { type Context, denialText, type Finding, warningTexts } from './findings.ts'
import { foreignDraft } from './foreign.ts'
import { judge, ratchet, settled, type Verdict, verdictOf } from './judge.ts'
import { isJudged } from './kinds.ts'
import { valueAt } from './schema.ts'

type Request = AdmissionReview['request']

const served = new Set(kinds.flatMap(({ kind, versions }) => versions.map(version => `${version} ${kind}`)))

/** 403 as in ESO: older kubectl prints no message with 422. */
const forbidden = { code: 403, reason: 'Forbidden' }

const deny = (
  uid: string,
  status: { code: number; reason: string },
  message: string,
  warnings: string[] = [],
): AdmissionAnswer =>
  answer({ uid, allowed: false, status: { ...status, message }, ...(warnings.length > 0 ? { warnings } : {}) })

const allow = (uid: string, warnings: string[] = []): AdmissionAnswer =>
  answer({ uid, allowed: true, ...(warnings.length > 0 ? { warnings } : {}) })

/** `ExternalSecret team-a/db`; a name that is still to be generated is shown as its prefix. */
const subject = ({ kind, namespace, name, object }: Request): string => {
  const textAt = (field: string): string => {
    const text = valueAt(object, ['metadata', field])
    return typeof text === 'string' ? text : ''
  }
  const own = name || textAt('name') || `${textAt('generateName')}…`
  return `${kind.kind} ${namespace ? `${namespace}/` : ''}${own}`
}

/** The namespace of the request stands in where the object has none yet. */
const placed = ({ object, namespace }: Request): unknown => {
  if (!namespace || typeof object !== 'object' || object === null) return object
  const metadata = valueAt(object, ['metadata'])
  if (typeof metadata !== 'object' || metadata === null || 'namespace' in metadata) return object
  return { ...object, metadata: { ...metadata, namespace } }
}

const isDenial = ({ level }: Finding): boolean => level === 'deny'

/** An object that has been judged by the pure rules; `prior` is undefined where it is new. */
interface Judged {
  readonly request: Request
  readonly object: unknown
  readonly prior: unknown
  readonly verdict: Verdict
}

const decide = (request: Request, context: Context): AdmissionAnswer | Judged => {
  const { uid, operation, kind, object, oldObject } = request
  if (operation !== 'CREATE' && operation !== 'UPDATE') return allow(uid)
  if (kind.group !== group || !isJudged(kind.kind) || !served.has(`${kind.version} ${kind.kind}`)) {
    const text = `${show(`${kind.group}/${kind.version} ${kind.kind}`)} is not a kind that Latchkey judges`
    return deny(uid, forbidden, `${text} → correct the webhook configuration`)
  }
  if (valueAt(object, ['kind']) !== kind.kind) {
    return deny(
      uid,
      { code: 400, reason: 'BadRequest' },
      `the object is not the ${kind.kind} that the request announces`,
    )
  }
  // Whoever is on the way out may go, whatever it looks like: this is the removal of a finalizer.
  if (valueAt(object, ['metadata', 'deletionTimestamp'])) return allow(uid)
  const prior = operation === 'UPDATE' && oldObject !== null ? oldObject : undefined
  const whole = placed(request)
  return { request, object: whole, prior, verdict: judge(whole, prior, context) }
}

const conclude = (request: Request, { denials, warnings }: Verdict): AdmissionAnswer => {
  const { uid } = request
  const told = warningTexts(warnings)
  return denials.length > 0 ? deny(uid, forbidden, denialText(subject(request), denials), told) : allow(uid, told)
}

const isJudgedObject = (decided: AdmissionAnswer | Judged): decided is Judged => 'verdict' in decided

/** Answers to the uid of the review, and trusts nothing else of it. A defect of ours is thrown: the route logs it and answers. */
export const answering = <T>(review: unknown, decideOn: (request: Request) => T): T | AdmissionAnswer => {
  const uid = valueAt(review, ['request', 'uid'])
  const known = typeof uid === 'string' ? uid : ''
  const parsed = AdmissionReview.safeParse(review)
  if (!parsed.success) {
    return deny(known, { code: 400, reason: 'BadRequest' }, 'the request is no AdmissionReview of admission.k8s.io/v1')
  }
  return decideOn(parsed.data.request)
}

/** The verdict on one AdmissionReview (architecture.md §4): an answer with the uid of the request. Pure. */
export const admit = (review: unknown, context: Context = {}): AdmissionAnswer => {
  const decided = answering(review, request => decide(request, context))
  return isJudgedObject(decided) ? conclude(decided.request, decided.verdict) : decided
}

/** What a check has against the object, less what it had against the one before the update; undefined where it has nothing to ask. */
const ask = (
  check: Check | undefined,
  { object, prior }: Judged,
  context: Context,
): Promise<readonly Finding[]> | undefined =>
  check?.(object)?.then(async raw => {
    const found = settled(raw, object, context)
    if (prior === undefined || !found.some(isDenial)) return found
    return ratchet(found, settled((await check(prior)) ?? [], prior, context))
  })

const joined = ({ denials, warnings }: Verdict, found: readonly Finding[]): Verdict => {
  const more = verdictOf(found)
  return { denials: [...denials, ...more.denials], warnings: [...warnings, ...more.warnings] }
}

/** The answer where everything else is known. */
const finish = (
  judged: Judged,
  context: Context,
  remote: Check | undefined,
): AdmissionAnswer | Promise<AdmissionAnswer> => {
  const { request, verdict } = judged
  const begun = verdict.denials.length === 0 ? ask(remote, judged, context) : undefined
  return begun ? begun.then(found => conclude(request, joined(verdict, found))) : conclude(request, verdict)
}

/**
 * The same, with what cannot be told from the object alone (check.ts), where it is ours. A check that has nothing to ask is not
 * waited for. What a check says of the object before an update too becomes a warning, as with the rules.
 */
export const examine = (
  review: unknown,
  context: Context,
  { local, remote }: Checks,
): AdmissionAnswer | Promise<AdmissionAnswer> => {
  const decided = answering(review, request => decide(request, context))
  if (!isJudgedObject(decided)) return decided
  if (foreignDraft(decided.object, context)) return conclude(decided.request, decided.verdict)
  const begun = ask(local, decided, context)
  if (!begun) return finish(decided, context, remote)
  return begun.then(found => finish({ ...decided, verdict: joined(decided.verdict, found) }, context, remote))
}
