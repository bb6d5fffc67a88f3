import { Sensitive } from '#core'
import { createEngine, type Engine, engineSource, type Outcome } from '#template'

export const setTimer = (ms: number, fire: () => void) => {
  const timer = setTimeout(fire, ms)
  return () => clearTimeout(timer)
}

/** The engine as the server has it. */
export const startEngine = (): Engine => createEngine({ source: engineSource(), setTimer })

export const sensitive = (values: Readonly<Record<string, string>>): Map<string, Sensitive> =>
  new Map(Object.entries(values).map(([key, value]) => [key, Sensitive.text(value)]))

/** One text, as bytes of latin1; or the first problem's message. */
export const renderOne = async (engine: Engine, values: ReadonlyMap<string, Sensitive>, text: string) => {
  const outcome = await engine.render(values, [{ name: 'k', text, gives: 'text' }])
  const [first] = resultsOf(outcome)
  return first?.is === 'text' ? first.text.reveal().toString('latin1') : undefined
}

export const resultsOf = <T>(outcome: Outcome<T>): readonly T[] => ('results' in outcome ? outcome.results : [])

export const problemOf = async (engine: Engine, values: ReadonlyMap<string, Sensitive>, text: string) => {
  const outcome = await engine.render(values, [{ name: 'k', text, gives: 'text' }])
  return 'problems' in outcome ? outcome.problems[0] : undefined
}
