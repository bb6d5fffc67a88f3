import type { ExternalSecret } from '#api'
import { findQuery, findSites } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

// what of RE2 matches every name, in the spellings that people use
const all = /^\^?\(?(?:\.[*+]\??)?\)?\$?$/

export const findWide: Rule<ExternalSecret> = {
  id: 'find-wide',
  doc: 'A find is limited by a folder, a name or tags; one that takes every item that the store may read is warned about.',
  warns: true,
  check: ({ spec }) =>
    findSites(spec).flatMap(({ path, find }): Draft[] => {
      const { path: folder, tags } = findQuery(find)
      const isNamed = find.name !== undefined && !all.test(find.name.regexp ?? '')
      // the rule find has another word for one that says nothing at all
      const saysNothing = !find.name && !find.path
      if (folder !== undefined || tags !== undefined || isNamed || saysNothing) return []
      const message = 'takes every item that the store may read, those of tomorrow too'
      return [{ path, message, remedy: 'name a folder in path, or narrow name.regexp', level: 'warn' }]
    }),
}
