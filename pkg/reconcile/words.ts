import { Fault } from '#core'

const shown = 10

/** Faults as one condition message: the first ten, and how many more there are. */
export const showFaults = (faults: readonly Fault[]): string => {
  const lines = [...new Set(faults.map(fault => fault.line()))]
  const rest = lines.length - shown
  return [...lines.slice(0, shown), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}

/** Several faults where one is thrown: the code and the place of the first, the words of all. */
export const joined = (faults: readonly Fault[]): Fault => {
  const [first, ...others] = faults
  if (!first) throw new TypeError('no fault to join')
  const rest = [...new Set(others.map(fault => fault.line()))].filter(line => line !== first.line())
  if (rest.length === 0) return first
  return new Fault(first.code, [`${first.message}${first.remedy ? ` → ${first.remedy}` : ''}`, ...rest].join('; '), {
    path: first.path,
  })
}
