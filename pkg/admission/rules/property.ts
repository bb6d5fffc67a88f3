import type { ExternalSecret } from '#api'
import { show } from '#core'
import { dataSites, extractSites } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

// characters with which gjson's patterns, modifiers and literals begin
const patterns = /[\\#*?|@!{[(]/

/** What is wrong with a path into JSON; one dot in front is the name of many a file. */
const problemOf = (property: string): string | undefined => {
  if (patterns.test(property) || !property.includes('.')) return undefined
  if (property.endsWith('.')) return 'ends in a dot'
  return property.includes('..') ? 'has two dots in a row' : undefined
}

export const property: Rule<ExternalSecret> = {
  id: 'property',
  doc: 'A property has a name between its dots; without one only a key of exactly this name is found, and that is a warning.',
  warns: true,
  check: ({ spec }) =>
    [...dataSites(spec), ...extractSites(spec)].flatMap(({ path, ref }): Draft[] => {
      const problem = problemOf(ref.property ?? '')
      if (problem === undefined) return []
      const message = `${show(ref.property ?? '')} ${problem}: only a key of exactly this name is found`
      return [
        {
          path: `${path}.property`,
          message,
          remedy: 'write the names with one dot between, as db.user',
          level: 'warn',
        },
      ]
    }),
}
