import { ClusterExternalSecret, ClusterPushSecret, ExternalSecret } from '#api'
import { draft, fanOf } from '../../../pkg/reconcile/fan/draft.ts'
import type { FanObject } from '../../../pkg/reconcile/fan/port.ts'
import type { Namespace } from '../../../pkg/reconcile/ports.ts'

interface Parts {
  readonly metadata?: Record<string, unknown>
  readonly spec?: Record<string, unknown>
  readonly status?: Record<string, unknown>
}

const inner = { secretStoreRef: { name: 'main' }, data: [{ secretKey: 'user', remoteRef: { key: '/db' } }] }
const byLabel = { namespaceSelectors: [{ matchLabels: { team: 'a' } }] }

/** A ClusterExternalSecret for the namespaces with the label team=a. */
export const clusterExternalSecret = ({ metadata, spec, status }: Parts = {}): ClusterExternalSecret =>
  ClusterExternalSecret.parse({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterExternalSecret',
    metadata: { name: 'app', uid: 'uid-ces', resourceVersion: '10', generation: 1, ...metadata },
    spec: { externalSecretSpec: inner, ...byLabel, ...spec },
    ...(status ? { status } : {}),
  })

const push = {
  secretStoreRefs: [{ name: 'main' }],
  selector: { secret: { name: 'source' } },
  data: [{ match: { secretKey: 'user', remoteRef: { remoteKey: '/db' } } }],
}

export const clusterPushSecret = ({ metadata, spec, status }: Parts = {}): ClusterPushSecret =>
  ClusterPushSecret.parse({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'ClusterPushSecret',
    metadata: { name: 'app', uid: 'uid-cps', resourceVersion: '10', generation: 1, ...metadata },
    spec: { pushSecretSpec: push, ...byLabel, ...spec },
    ...(status ? { status } : {}),
  })

export const namespaceOf = (name: string, more: Partial<Namespace> = {}): Namespace => ({
  name,
  uid: `uid-${name}`,
  labels: { team: 'a' },
  ...more,
})

/** The child that a pass left in a namespace, with the metadata of `more` on top. */
export const childIn = (maker: FanObject, namespace: string, more: Record<string, unknown> = {}): ExternalSecret => {
  const body = draft(fanOf(maker), namespace)
  const own = { uid: `uid-in-${namespace}`, resourceVersion: '20', generation: 1 }
  return ExternalSecret.parse({ ...body, metadata: { ...body.metadata, ...own, ...more } })
}
