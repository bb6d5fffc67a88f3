import { show } from '#core'
import type { Draft } from '../findings.ts'
import { longestExpression } from './regexp.ts'

// as Go reads a replacement: $$, $name with as many letters and digits as follow, ${name}
const reference = /\$(?:\$|(\w+)|\{(\w+)\})/g

/** Whether there may be such a group; told without a look at what the parentheses mean, and so never falsely denied. */
const mayHave = (source: string, name: string): boolean => {
  if (!/^(?:0|[1-9]\d*)$/.test(name)) return source.includes(`<${name}>`)
  return Number(name) <= source.split('(').length - 1
}

// whoever names more groups, or has a source that is refused for its length, wants to see how much we bear
const mostNamed = 20

/** The distinct groups that a replacement names, the first of them. */
const namedBy = (target: string): readonly string[] => {
  const names = new Set<string>()
  for (const [, bare, braced] of target.matchAll(reference)) {
    const name = bare ?? braced
    if (name !== undefined) names.add(name)
    if (names.size === mostNamed) break
  }
  return [...names]
}

/** What a replacement takes from a regular expression that has no such group: nothing stands in its place then. */
export const groupDrafts = (
  path: string,
  { source, target }: { readonly source: string; readonly target: string },
): Draft[] => {
  if (source.length > longestExpression) return []
  const missing = namedBy(target).filter(name => !mayHave(source, name))
  return missing.map(name => {
    const [, number, rest] = /^(\d+)([A-Za-z_]\w*)$/.exec(name) ?? []
    const remedy = number ? `write \${${number}}${rest}` : 'write the number or the name of a group in parentheses'
    return { path, message: `source has no group ${show(name)}, and nothing stands for it`, remedy, level: 'warn' }
  })
}
