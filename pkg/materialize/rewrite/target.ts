/** A piece of a replacement: plain text, or what a group matched. */
export type Piece = string | { readonly group: number }

/** The groups of an expression: how many there are, and those that have names. */
export interface Groups {
  readonly count: number
  readonly names: ReadonlyMap<string, number>
}

// A name is as long as it can be: $1x is a group called 1x. A dollar before anything else is itself.
const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu
// Go reads nine digits at most as a number, and none with a zero in front; what it does not read so is a name.
const number = /^(?:0|[1-9][0-9]{0,8})$/

const groupOf = (name: string, { count, names }: Groups): number | undefined => {
  if (!number.test(name)) return names.get(name)
  return Number(name) <= count ? Number(name) : undefined
}

/** A target as Go's Regexp.Expand reads it: $1, ${1}, $name, ${name}, $$. Groups that do not exist stand for nothing. */
export const piecesOf = (target: string, groups: Groups): readonly Piece[] => {
  const pieces: Piece[] = []
  let from = 0
  for (const found of target.matchAll(reference)) {
    const [whole, braced, bare] = found
    if (found.index > from) pieces.push(target.slice(from, found.index))
    const name = braced ?? bare
    const group = name === undefined ? undefined : groupOf(name, groups)
    if (name === undefined) pieces.push('$')
    else if (group !== undefined) pieces.push({ group })
    from = found.index + whole.length
  }
  return from < target.length ? [...pieces, target.slice(from)] : pieces
}
