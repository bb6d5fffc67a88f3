import { z } from 'zod'
import type { Cluster } from './cluster.ts'
import { pathOf } from './path.ts'

const Lease = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .default({}),
})
export type Lease = z.infer<typeof Lease>

/** Seconds with six decimals, as Kubernetes' MicroTime wants it. */
const micro = (date: Date): string => date.toISOString().replace(/Z$/, '000Z')

export interface LeasePlace {
  readonly cluster: Cluster
  readonly namespace: string
  readonly name: string
}

/** A Lease object read and written with optimistic locking. Throws KubeError: 404 absent, 409 somebody was faster. */
export const leaseObject = ({ cluster, namespace, name }: LeasePlace) => {
  const place = { apiVersion: 'coordination.k8s.io/v1', resource: 'leases', namespace }
  const call = async (method: 'GET' | 'PUT' | 'POST', signal: AbortSignal, timeoutMs: number, body?: unknown) => {
    const path = pathOf(method === 'POST' ? place : { ...place, name })
    return Lease.parse(
      await cluster.request({ method, path, signal, timeoutMs, pool: 'leases', ...(body ? { body } : {}) }),
    )
  }
  return {
    read: (signal: AbortSignal, timeoutMs: number) => call('GET', signal, timeoutMs),
    create: (spec: Lease['spec'], signal: AbortSignal, timeoutMs: number) =>
      call('POST', signal, timeoutMs, {
        apiVersion: place.apiVersion,
        kind: 'Lease',
        metadata: { name, namespace },
        spec,
      }),
    write: (lease: Lease, signal: AbortSignal, timeoutMs: number) => call('PUT', signal, timeoutMs, lease),
  }
}
export type LeaseObject = ReturnType<typeof leaseObject>

/** The spec by which `identity` takes or keeps the lease; a new holder counts as a transition. */
export const held = (before: Lease['spec'], identity: string, durationMs: number, date: Date): Lease['spec'] => {
  const same = before.holderIdentity === identity
  return {
    ...before,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: same && before.acquireTime ? before.acquireTime : micro(date),
    renewTime: micro(date),
    leaseTransitions: (before.leaseTransitions ?? 0) + (same || before.holderIdentity === undefined ? 0 : 1),
  }
}

/** The spec of a lease that anybody may take at once. */
export const released = (before: Lease['spec'], date: Date): Lease['spec'] => ({
  ...before,
  holderIdentity: '',
  leaseDurationSeconds: 1,
  renewTime: micro(date),
})
