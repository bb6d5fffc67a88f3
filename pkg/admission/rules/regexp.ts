import { RE2JS } from 're2js'
import type { ExternalSecret } from '#api'
import type { Draft, Rule } from '../findings.ts'

/** What is wrong with a regular expression of a manifest; RE2 only (decision 12). Shared with the rules of stores. */
export const regexpDrafts = (path: string, source: string | undefined): Draft[] => {
  if (source === undefined) return []
  try {
    RE2JS.compile(source)
    return []
  } catch {
    const lookaround = /\(\?(?:<?[=!]|>)|\\[1-9]/.test(source)
    return [
      {
        path,
        message: `is not a regular expression of RE2${lookaround ? ', which has no lookaround and no back references' : ''}`,
        remedy: 'correct it; the syntax is that of Go',
      },
    ]
  }
}

export const regexp: Rule<ExternalSecret> = {
  id: 'regexp',
  doc: 'Regular expressions of find and rewrite compile under RE2.',
  check: ({ spec }) =>
    (spec.dataFrom ?? []).flatMap(({ find, rewrite }, index) => [
      ...regexpDrafts(`spec.dataFrom[${index}].find.name.regexp`, find?.name?.regexp),
      ...(rewrite ?? []).flatMap((step, at) =>
        regexpDrafts(`spec.dataFrom[${index}].rewrite[${at}].regexp.source`, step.regexp?.source),
      ),
    ]),
}
