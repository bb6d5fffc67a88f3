import type { ClusterExternalSecret, ClusterPushSecret, ExternalSecret, PushSecret } from '#api'
import type { Rule } from '../findings.ts'
import { annotation } from './annotation.ts'
import { lift, moved } from './lift.ts'
import { madeMetadata } from './made-metadata.ts'
import { namespaceSelection } from './namespace-selection.ts'
import { refreshTime } from './refresh-time.ts'

/** Of whatever makes objects in many namespaces. */
export const clusterRules: readonly Rule<ClusterExternalSecret | ClusterPushSecret>[] = [
  namespaceSelection,
  refreshTime,
  madeMetadata,
  annotation,
]

/** A rule of ExternalSecret, asked of the one that would be made, as placed in no namespace. */
export const ofMadeExternalSecret = lift<ClusterExternalSecret, ExternalSecret>({
  of: ({ apiVersion, metadata, spec }) => ({
    apiVersion,
    kind: 'ExternalSecret',
    metadata: { ...spec.externalSecretMetadata, name: spec.externalSecretName ?? metadata.name },
    spec: spec.externalSecretSpec,
  }),
  at: moved({ spec: 'spec.externalSecretSpec', metadata: 'spec.externalSecretMetadata' }),
})

/** The same of PushSecret. */
export const ofMadePushSecret = lift<ClusterPushSecret, PushSecret>({
  of: ({ apiVersion, metadata, spec }) => ({
    apiVersion,
    kind: 'PushSecret',
    metadata: { ...spec.pushSecretMetadata, name: spec.pushSecretName ?? metadata.name },
    spec: spec.pushSecretSpec,
  }),
  at: moved({ spec: 'spec.pushSecretSpec', metadata: 'spec.pushSecretMetadata' }),
})
