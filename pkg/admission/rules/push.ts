// Rules of PushSecret. What it shares with ExternalSecret is asked of one that has the same part.
import type { ExternalSecret, PushSecret } from '#api'
import type { Rule } from '../findings.ts'
import { annotation } from './annotation.ts'
import { lift, type Part } from './lift.ts'
import { namespacedStore } from './namespaced-store.ts'
import { pushCollision } from './push-collision.ts'
import { pushData } from './push-data.ts'
import { pushEncoding } from './push-encoding.ts'
import { pushKey } from './push-key.ts'
import { pushLoop } from './push-loop.ts'
import { pushPathAllowed } from './push-path.ts'
import { pushSource } from './push-source.ts'
import { pushStores } from './push-stores.ts'
import { pushTo } from './push-to.ts'
import { pushInterval } from './refresh-time.ts'
import { pushRegexp } from './regexp.ts'
import { pushSize } from './size.ts'
import { storeAdmits } from './store-admits.ts'
import { storeExists } from './store-exists.ts'
import { storeMix } from './store-mix.ts'
import { templateMetadata } from './template-metadata.ts'
import { templateSource } from './template-source.ts'
import { templateTarget } from './template-target.ts'
import { pushUnsupported } from './unsupported.ts'

const target = { creationPolicy: 'Owner', deletionPolicy: 'Retain' } as const
const beside = ({ apiVersion, metadata }: PushSecret, spec: object): ExternalSecret => ({
  apiVersion,
  kind: 'ExternalSecret',
  metadata,
  spec: { target, refreshInterval: '1h0m0s', ...spec },
})

/** An ExternalSecret with the same template. A PushSecret adds what it makes to the Secret, whatever mergePolicy says. */
const templated: Part<PushSecret, ExternalSecret> = {
  of: push => {
    const { template } = push.spec
    return beside(push, { target: { ...target, template: template && { ...template, mergePolicy: 'Merge' } } })
  },
  at: path => path.replace(/^spec\.target\.template\b/, 'spec.template'),
}

/** An ExternalSecret that reads with the stores that are named, an entry for each. */
const stored: Part<PushSecret, ExternalSecret> = {
  of: push => {
    const entries = push.spec.secretStoreRefs.map(({ kind, name, labelSelector }) => ({
      secretKey: 'x',
      remoteRef: { key: '/x' },
      sourceRef: { storeRef: { kind, ...(name && !labelSelector && { name }) } },
    }))
    return beside(push, { data: entries })
  },
  at: path => path.replace(/^spec\.data(\[\d+\])\.sourceRef\.storeRef\b/, 'spec.secretStoreRefs$1'),
}

/** Most important first. */
export const pushSecretRules: readonly Rule<PushSecret>[] = [
  pushSource,
  pushData,
  pushSize,
  pushStores,
  ...[storeExists, storeAdmits, storeMix].map(lift(stored)),
  pushInterval,
  pushTo,
  pushKey,
  pushPathAllowed,
  pushEncoding,
  pushCollision,
  pushLoop,
  ...[templateTarget, templateSource, templateMetadata].map(lift(templated)),
  pushRegexp,
  pushUnsupported,
  annotation,
]

/** Of a PushSecret that is made in many namespaces. */
export const scatteredPushRules: readonly Rule<PushSecret>[] = [lift(stored)(namespacedStore), ...pushSecretRules]
