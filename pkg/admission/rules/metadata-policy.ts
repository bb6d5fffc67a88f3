import type { ExternalSecret } from '#api'
import type { Draft, Rule } from '../findings.ts'

export const metadataPolicy: Rule<ExternalSecret> = {
  id: 'metadata-policy',
  doc: 'metadataPolicy Fetch has no effect with Akeyless, in ESO neither: a warning.',
  warns: true,
  check: ({ spec }) => {
    const drafts = (path: string, policy: string | undefined): Draft[] =>
      policy === 'Fetch'
        ? [
            {
              path,
              message: 'Fetch has no effect with Akeyless: the value is read',
              remedy: 'leave it out',
              level: 'warn',
            },
          ]
        : []
    return [
      ...(spec.data ?? []).flatMap(({ remoteRef }, index) =>
        drafts(`spec.data[${index}].remoteRef.metadataPolicy`, remoteRef.metadataPolicy),
      ),
      ...(spec.dataFrom ?? []).flatMap(({ extract }, index) =>
        drafts(`spec.dataFrom[${index}].extract.metadataPolicy`, extract?.metadataPolicy),
      ),
    ]
  },
}
