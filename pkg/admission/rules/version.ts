import type { ExternalSecret } from '#api'
import { versionFaults } from '#materialize'
import { fromFault, type Rule } from '../findings.ts'

export const version: Rule<ExternalSecret> = {
  id: 'version',
  doc: 'A version is a number; ESO reads the latest for everything else without a word.',
  check: ({ spec }) => versionFaults(spec).map(fromFault),
}
