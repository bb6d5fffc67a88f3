import type { ClusterExternalSecret, ClusterPushSecret } from '#api'
import type { Rule } from '../findings.ts'
import { metadataDrafts } from './template-metadata.ts'

export const madeMetadata: Rule<ClusterExternalSecret | ClusterPushSecret> = {
  id: 'made-metadata',
  doc: 'Labels and annotations for what is made in many namespaces are such as Kubernetes accepts.',
  check: ({ spec }) =>
    'externalSecretSpec' in spec
      ? metadataDrafts('spec.externalSecretMetadata', spec.externalSecretMetadata ?? {})
      : metadataDrafts('spec.pushSecretMetadata', spec.pushSecretMetadata ?? {}),
}
