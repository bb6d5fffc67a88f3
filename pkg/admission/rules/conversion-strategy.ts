import type { ExternalSecret } from '#api'
import type { Draft, Rule } from '../findings.ts'

type Strategy = 'Default' | 'Unicode' | undefined

// Default is what older versions of ESO wrote into every object, and says nothing
const idle = (path: string, strategy: Strategy, why: string): Draft[] =>
  strategy === 'Unicode'
    ? [{ path: `${path}.conversionStrategy`, message: `has no effect: ${why}`, remedy: 'leave it out', level: 'warn' }]
    : []

export const conversionStrategy: Rule<ExternalSecret> = {
  id: 'conversion-strategy',
  doc: 'conversionStrategy changes keys of dataFrom that no rewrite made; elsewhere it has no effect, and that is a warning.',
  warns: true,
  check: ({ spec }) => [
    ...(spec.data ?? []).flatMap(({ remoteRef }, index) =>
      idle(`spec.data[${index}].remoteRef`, remoteRef.conversionStrategy, 'the key is secretKey'),
    ),
    ...(spec.dataFrom ?? []).flatMap(({ extract, find, rewrite }, index) => {
      if (!rewrite?.length) return []
      const path = `spec.dataFrom[${index}]`
      return [
        ...idle(`${path}.extract`, extract?.conversionStrategy, 'rewrite makes the keys'),
        ...idle(`${path}.find`, find?.conversionStrategy, 'rewrite makes the keys'),
      ]
    }),
  ],
}
