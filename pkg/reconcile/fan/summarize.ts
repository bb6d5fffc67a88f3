import type { Condition } from '#api'
import type { Fault } from '#core'
import { type Ready, readyOf, withReady } from '../conditions.ts'
import type { Event, Summary } from '../summarize.ts'
import { cut, showFaults } from '../words.ts'
import type { Result } from './carry-out.ts'
import type { Fan } from './draft.ts'

/** What a pass came to: a plan carried out, or faults of the object itself, for which nothing is done. */
export type FanOutcome = { readonly results: readonly Result[] } | { readonly refused: readonly Fault[] }

// the words of thousands of namespaces must fit in one object
const mostWords = 256 * 1024
const mostEach = 1_024
const leastEach = 64

/** Faults with the namespace that each is about, where it is about one. */
const faultsOf = (outcome: FanOutcome): readonly Fault[] =>
  'refused' in outcome
    ? outcome.refused
    : outcome.results.flatMap(({ namespace, fault }) => (fault ? [fault.at(namespace)] : []))

const readyFor = ({ traits }: Fan, outcome: FanOutcome): Ready => {
  const faults = faultsOf(outcome)
  const reason = (faults.length === 0 ? traits.reasons?.ready : traits.reasons?.failed) ?? ''
  if (faults.length === 0) return { status: 'True', reason, message: '' }
  const words = showFaults(faults)
  return { status: 'False', reason, message: 'refused' in outcome ? words : `one or more namespaces failed: ${words}` }
}

/** Only what the kind has a place for: what the API server drops would be written again and again. */
const fitting = ({ traits }: Fan, { type, status, reason, message, lastTransitionTime }: Condition): Condition => ({
  type,
  status,
  ...(message ? { message } : {}),
  ...(traits.reasons ? { reason, lastTransitionTime } : {}),
})

const conditionsFor = (fan: Fan, ready: Ready, now: Date): readonly Condition[] | undefined => {
  const before: readonly Condition[] | undefined = fan.object.status?.conditions
  // an absent text is an empty one
  const shown = before?.map(condition => ({
    ...condition,
    reason: condition.reason ?? '',
    message: condition.message ?? '',
  }))
  return withReady(shown, ready, now)?.map(condition => fitting(fan, condition))
}

const failedOf = (results: readonly Result[]) => {
  const failed = results.filter(({ fault }) => fault !== undefined)
  const most = Math.max(leastEach, Math.min(mostEach, Math.floor(mostWords / Math.max(1, failed.length))))
  return failed.map(({ namespace, fault }) => ({ namespace, reason: cut(fault?.line() ?? '', most) }))
}

const orNone = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null)

/** The lists, which stay as they are where the object itself is refused: its children are as they were. */
const listsOf = ({ traits, wish }: Fan, outcome: FanOutcome): Record<string, unknown> => {
  if ('refused' in outcome) return {}
  const { results } = outcome
  return {
    [traits.nameField]: wish.childName,
    provisionedNamespaces: orNone(results.flatMap(({ namespace, stands }) => (stands ? [namespace] : []))),
    failedNamespaces: orNone(failedOf(results)),
  }
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const text = (value: unknown): string => JSON.stringify(isList(value) && value.length === 0 ? null : (value ?? null))

const count = (many: number): string => `${many} namespace${many === 1 ? '' : 's'}`

const writesOf = ({ traits }: Fan, results: readonly Result[]): readonly Event[] => {
  const made = results.filter(({ did }) => did === 'created').length
  const changed = results.filter(({ did }) => did === 'replaced').length
  const removed = results.filter(each => each.removed > 0).length
  const told = [
    ['Created', 'created', made],
    ['Updated', 'updated', changed],
    ['Deleted', 'deleted', removed],
  ] as const
  return told.flatMap(([reason, verb, many]) =>
    many > 0 ? [{ type: 'Normal' as const, reason, message: `${traits.noun} ${verb} in ${count(many)}` }] : [],
  )
}

const eventsOf = (fan: Fan, outcome: FanOutcome, ready: Ready): readonly Event[] => {
  const writes = 'results' in outcome ? writesOf(fan, outcome.results) : []
  const [fault] = faultsOf(outcome)
  const before: Condition | undefined = readyOf(fan.object.status?.conditions)
  if (!fault || before?.message === ready.message) return writes
  return [...writes, { type: 'Warning', reason: fault.code, message: ready.message }]
}

/**
 * The one status patch and the events of a pass (compatibility.md §1.5): ESO's lists and texts, and behind each the cause. `results` in
 * the order of their namespaces.
 */
export const summarizeFan = (fan: Fan, outcome: FanOutcome, now: Date): Summary => {
  const ready = readyFor(fan, outcome)
  const conditions = conditionsFor(fan, ready, now)
  const want = { ...listsOf(fan, outcome), ...(conditions ? { conditions } : {}) }
  const have: Readonly<Record<string, unknown>> = { ...fan.object.status }
  const changes = Object.entries(want).filter(([field, value]) => text(have[field]) !== text(value))
  return {
    patch: changes.length === 0 ? undefined : Object.fromEntries(changes),
    events: eventsOf(fan, outcome, ready),
  }
}
