import { isDeepStrictEqual } from 'node:util'
import type { Identity } from '#api'
import { isTrusted } from '../ambient.ts'
import { originOf } from '../gateway.ts'
import type { Store } from '../store.ts'
import type { PreviewDeps } from './ports.ts'

/** `gateway gw.example.com:8000`, for messages. */
export const gatewayName = (gateway: string): string => `gateway ${URL.parse(gateway)?.host ?? 'of the store'}`

/** Stores beside which this one would stand: they came through the API server, and their credentials go where they say. */
const neighbours = ({ stores, clusterStores }: PreviewDeps, { kind, metadata }: Store): readonly Store[] =>
  kind === 'ClusterSecretStore'
    ? clusterStores.list()
    : stores.list().filter(other => other.metadata.namespace === metadata.namespace)

/**
 * Whether credentials may go to the gateway of a store that is not in the cluster yet: one that an administrator trusts, or that
 * stores beside it use already. Who got hold of the path token could otherwise make up a review, and have the Secrets of others sent
 * to a host of their own (docs/adr/0009).
 */
export const mayBeCalled = (deps: PreviewDeps, store: Store, { gateway, ca }: Identity): boolean =>
  (ca === undefined && isTrusted(gateway, deps.trustedGateways)) ||
  neighbours(deps, store).some(other => {
    const { akeylessGWApiURL } = other.spec.provider.akeyless ?? {}
    if (akeylessGWApiURL === undefined || originOf(akeylessGWApiURL) !== originOf(gateway)) return false
    // a name says where credentials go only together with who vouches for it
    return isDeepStrictEqual(authorityIn(other), authorityIn(store))
  })

const authorityIn = ({ spec }: Store) => {
  const { caBundle, caProvider } = spec.provider.akeyless ?? {}
  return [caBundle ?? null, caBundle ? null : (caProvider ?? null)]
}
