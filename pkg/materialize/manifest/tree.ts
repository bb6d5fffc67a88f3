import { type Fields, fieldOf, isFields } from './json.ts'
import type { Step } from './target.ts'

/** Something else stands at these steps than the path needs. Its words hold nothing of what does. */
export class Clash extends Error {
  readonly needs: 'map' | 'list' | 'texts'
  readonly steps: readonly Step[]
  constructor(needs: Clash['needs'], steps: readonly Step[]) {
    super(`needs ${needs}`)
    this.needs = needs
    this.steps = steps
  }
}

type Change = (before: unknown) => unknown

const inList = (node: unknown, steps: readonly Step[], index: number, change: Change, done: readonly Step[]) => {
  if (node !== undefined && node !== null && !Array.isArray(node)) throw new Clash('list', done)
  const list: unknown[] = Array.isArray(node) ? [...node] : []
  while (list.length <= index) list.push(null)
  list[index] = setAt(list[index], steps, change, [...done, index])
  return list
}

const inMap = (node: unknown, steps: readonly Step[], key: string, change: Change, done: readonly Step[]): Fields => {
  if (node !== undefined && node !== null && !isFields(node)) throw new Clash('map', done)
  const fields = node ?? {}
  // a computed key is defined, not assigned: __proto__ becomes a field like any other
  return { ...fields, [key]: setAt(fieldOf(fields, key), steps, change, [...done, key]) }
}

/**
 * A copy of the tree with another value at the path; maps and lists on the way are made, gaps of a list are null. Throws Clash
 * where something else stands in the way.
 */
export const setAt = (
  node: unknown,
  [step, ...rest]: readonly Step[],
  change: Change,
  done: readonly Step[] = [],
): unknown => {
  if (step === undefined) return change(node)
  return typeof step === 'number' ? inList(node, rest, step, change, done) : inMap(node, rest, step, change, done)
}

/** The path as a person writes it. */
export const pathText = (steps: readonly Step[]): string =>
  steps.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('')
