import { Refusal, type Why } from './refusal.ts'

/** Reads many names in one call. A name missing from the result is asked for again, alone. */
type Fetch<T> = (names: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, T | Refusal>>

type Outcome<T> = ReadonlyMap<string, T | Refusal>

/** Refusals that say nothing about one name: a smaller call would end the same way. */
const general: ReadonlySet<Why> = new Set(['rate', 'login', 'held', 'proof', 'down', 'slow', 'path', 'token'])
/** Refusals that one bad name may cause as well as the gateway as a whole. */
const doubtful: ReadonlySet<Why> = new Set(['failed', 'foreign'])

const same = <T>(names: readonly string[], refusal: Refusal): Outcome<T> => new Map(names.map(name => [name, refusal]))

const whyOf = (outcome: unknown): Why | undefined => (outcome instanceof Refusal ? outcome.why : undefined)

const isDoubtful = (outcome: unknown): boolean => {
  const why = whyOf(outcome)
  return why !== undefined && doubtful.has(why)
}

/**
 * Gives every name its own answer, whatever one bad name does to a call of many (undocumented: akeyless.md §5.1, §11): a
 * refused call is halved until the bad name stands alone. Where both halves fail in a way that a sick gateway would, it stops.
 */
export const readApart = async <T>(
  fetch: Fetch<T>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Outcome<T>> => {
  const attempt = async (some: readonly string[]): Promise<Outcome<T> | Refusal> => {
    try {
      return await fetch(some, signal)
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown
      throw thrown
    }
  }

  const askMissing = async (some: readonly string[], outcome: Outcome<T>): Promise<Outcome<T>> => {
    const missing = some.filter(name => !outcome.has(name))
    const found = await Promise.all(missing.map(async name => settle([name], await attempt([name]))))
    return new Map([outcome, ...found].flatMap(part => [...part]))
  }

  const settle = async (some: readonly string[], outcome: Outcome<T> | Refusal): Promise<Outcome<T>> => {
    if (!(outcome instanceof Refusal)) return some.length > 1 ? await askMissing(some, outcome) : outcome
    if (some.length === 1 || general.has(outcome.why)) return same(some, outcome)
    const middle = Math.ceil(some.length / 2)
    const [left, right] = [some.slice(0, middle), some.slice(middle)]
    const [first, second] = await Promise.all([attempt(left), attempt(right)])
    if (isDoubtful(first) && isDoubtful(second)) return same(some, outcome)
    const parts = await Promise.all([settle(left, first), settle(right, second)])
    return new Map(parts.flatMap(part => [...part]))
  }

  return await settle(names, await attempt(names))
}
