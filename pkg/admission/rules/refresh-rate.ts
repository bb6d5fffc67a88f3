import { type ExternalSecret, refreshBudget } from '#api'
import { parseDuration } from '#core'
import { findSites, refsOf } from '#materialize'
import type { Draft, Rule } from '../findings.ts'
import { idleBecause } from './refresh-interval.ts'

type Spec = ExternalSecret['spec']

const minute = 60e3

/** Distinct items that one refresh reads; a search counts as one. */
const itemsOf = (spec: Spec): number =>
  [...refsOf(spec).refs.values()].reduce((sum, refs) => sum + refs.length, findSites(spec).length)

const perMinute = (items: number, spec: Spec): number => {
  const ms = parseDuration(spec.refreshInterval) ?? 0
  return idleBecause(spec) === undefined && ms > 0 ? (items * minute) / ms : 0
}

/** How many items a minute an ExternalSecret refreshes by time. */
export const refreshesOf = ({ spec }: ExternalSecret): number => perMinute(itemsOf(spec), spec)

const rounded = (rate: number): string => (rate < 10 ? String(Number(rate.toFixed(1))) : String(Math.round(rate)))

/** The shortest interval that keeps so many items within so many a minute, in whole seconds or minutes. */
const intervalFor = (items: number, room: number): string => {
  const seconds = Math.ceil((items * 60) / room)
  return seconds < 120 ? `${seconds}s` : `${Math.ceil(seconds / 60)}m`
}

const remedyOf = (
  { items, own, others, budget }: Record<'items' | 'own' | 'others' | 'budget', number>,
  spec: Spec,
) => {
  const what = `${spec.refreshInterval} over ${items} item${items === 1 ? '' : 's'} is ${rounded(own)} a minute, beside ${rounded(others)} of others here`
  const room = budget - others
  // a day is as good as never
  const isRoom = room > 0 && (items * 60) / room < 86_400
  return `${what}: ${isRoom ? `write ${intervalFor(items, room)} or more` : 'write longer intervals, there first'}`
}

export const refreshRate: Rule<ExternalSecret> = {
  id: 'refresh-rate',
  doc: 'The ExternalSecrets of a namespace refresh together no more items a minute than its budget, 300 or what the file of --policy says.',
  warns: true,
  check: ({ metadata: { namespace, name }, spec }, { refreshes, policy }): readonly Draft[] => {
    if (!refreshes || namespace === undefined) return []
    const items = itemsOf(spec)
    const own = perMinute(items, spec)
    if (own === 0) return []
    const others = refreshes(namespace, name)
    const budget = refreshBudget(policy)
    if (own + others <= budget) return []
    // the figures stand in the remedy: a message that changes with each edit would never be let off at an update
    const message = `namespace ${namespace} refreshes more than its budget of ${budget} items a minute`
    const remedy = remedyOf({ items, own, others, budget }, spec)
    return [{ path: 'spec.refreshInterval', message, remedy, level: 'warn' }]
  },
}
