import { show } from '#core'

/** One step into an object: a key of a map, or a place in a list. */
export type Step = string | number

/** Where a template's result goes: a well-known place by key, or a path. */
export type Target =
  /** Each pair becomes one text in this map. */
  | { readonly is: 'map'; readonly at: readonly string[] }
  /** Texts by key with scope Values, a whole tree with KeysAndValues. */
  | { readonly is: 'spec' }
  | { readonly is: 'path'; readonly steps: readonly [string, ...Step[]] }

/** What keeps a target from being one, and what would be right. */
export interface TargetProblem {
  readonly message: string
  readonly remedy: string
}

/** compatibility.md §2.8; it keeps `a[9999999999]` from filling the memory. */
const lastIndex = 10_000
const longestPath = 64

const wellKnown = new Map<string, Target>([
  ['data', { is: 'map', at: ['data'] }],
  ['labels', { is: 'map', at: ['metadata', 'labels'] }],
  ['annotations', { is: 'map', at: ['metadata', 'annotations'] }],
  ['spec', { is: 'spec' }],
])

const howTo = 'write Data, Spec, Labels, Annotations or a path as spec.rules[0].value'
const problem = (message: string, remedy = howTo): TargetProblem => ({ message, remedy })
const isProblem = (read: readonly Step[] | TargetProblem): read is TargetProblem => 'message' in read

const segmentSteps = (segment: string, target: string): readonly Step[] | TargetProblem => {
  const [, name = '', brackets = ''] = /^([^[]*)(.*)$/s.exec(segment) ?? []
  if (segment === '') return problem(`the path ${show(target)} has an empty part`)
  if (!/^(?:\[\d+\])*$/.test(brackets)) return problem(`the path ${show(target)} has an index that is no number in []`)
  const indexes = [...brackets.matchAll(/\d+/g)].map(([digits]) => Number(digits))
  if (indexes.some(index => index > lastIndex)) {
    return problem(`the path ${show(target)} has an index above ${lastIndex}`, 'use a smaller index')
  }
  return name === '' ? indexes : [name, ...indexes]
}

const reserved = ([first, second]: readonly Step[]): boolean => {
  if (first === 'apiVersion' || first === 'kind') return true
  return first === 'metadata' && second !== 'labels' && second !== 'annotations'
}

/**
 * Reads templateFrom.target of a manifest target: a well-known name in any case, or a dotted path whose case counts. Who an object
 * is and who owns it cannot be set (security.md T11).
 */
export const readTarget = (target: string): Target | TargetProblem => {
  const known = wellKnown.get(target.toLowerCase())
  if (known) return known
  const steps: Step[] = []
  for (const segment of target.split('.')) {
    const read = segmentSteps(segment, target)
    if (isProblem(read)) return read
    steps.push(...read)
  }
  const [first, ...rest] = steps
  if (typeof first !== 'string') return problem(`the path ${show(target)} does not begin with a field`)
  if (steps.length > longestPath) return problem(`the path ${show(target)} has more than ${longestPath} parts`)
  if (reserved(steps)) {
    return problem(
      `${show(target)} says who the object is, which a template cannot`,
      'leave it out; of metadata, only labels and annotations can be set',
    )
  }
  return { is: 'path', steps: [first, ...rest] }
}
