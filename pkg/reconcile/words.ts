import { Fault, show } from '#core'

const shown = 10
// a status is written at each change and read by everybody who lists objects
const longest = 4_096

/** A text at most as long as a status can bear. */
export const cut = (text: string, most = longest): string =>
  text.length > most ? `${text.slice(0, most - 1)}…`.toWellFormed() : text

/** A name that somebody else chose, as it is where it is an ordinary one, and quoted where it could be mistaken or does harm. */
export const named = (name: string): string => (/^[\w./-]{1,120}$/.test(name) ? name : show(name))

/** Faults as one condition message: the first ten, and how many more there are; at most 4 KiB of it. */
export const showFaults = (faults: readonly Fault[]): string => {
  const lines = [...new Set(faults.map(fault => fault.line()))]
  const rest = lines.length - shown
  return cut([...lines.slice(0, shown), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; '))
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
