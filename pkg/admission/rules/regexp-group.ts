import { show } from '#core'
import type { Draft } from '../findings.ts'

// as Go reads a replacement: $$, $name with as many letters and digits as follow, ${name}
const reference = /\$(?:\$|(\w+)|\{(\w+)\})/g

/** Whether there may be such a group; told without a look at what the parentheses mean, and so never falsely denied. */
const mayHave = (source: string, name: string): boolean => {
  if (!/^(?:0|[1-9]\d*)$/.test(name)) return source.includes(`<${name}>`)
  return Number(name) <= source.split('(').length - 1
}

/** What a replacement takes from a regular expression that has no such group: nothing stands in its place then. */
export const groupDrafts = (
  path: string,
  { source, target }: { readonly source: string; readonly target: string },
): Draft[] => {
  const missing = [...target.matchAll(reference)].flatMap(([, bare, braced]): string[] => {
    const name = bare ?? braced
    return name === undefined || mayHave(source, name) ? [] : [name]
  })
  return [...new Set(missing)].map(name => {
    const [, number, rest] = /^(\d+)([A-Za-z_]\w*)$/.exec(name) ?? []
    const remedy = number ? `write \${${number}}${rest}` : 'write the number or the name of a group in parentheses'
    return { path, message: `source has no group ${show(name)}, and nothing stands for it`, remedy, level: 'warn' }
  })
}
