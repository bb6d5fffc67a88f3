import type { ExternalSecret } from '#api'
import { storesOf } from '#materialize'
import type { Rule } from '../findings.ts'

export const storeRef: Rule<ExternalSecret> = {
  id: 'store-ref',
  doc: 'An ExternalSecret names each store that it reads with.',
  check: ({ spec }) => {
    const nameless = storesOf(spec).filter(({ used, name }) => used && name === '')
    const remedy = 'write the name of a SecretStore'
    return nameless.map(({ path }) => ({ path: `${path}.name`, message: 'names no store', remedy }))
  },
}
