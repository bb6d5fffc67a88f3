import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'

export const noData: Rule<ExternalSecret> = {
  id: 'no-data',
  doc: 'An ExternalSecret asks for something: data, dataFrom or both.',
  check: ({ spec }) =>
    spec.data?.length || spec.dataFrom?.length
      ? []
      : [{ path: 'spec', message: 'has neither data nor dataFrom', remedy: 'name at least one item under data' }],
}
