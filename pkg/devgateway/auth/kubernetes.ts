import { z } from 'zod'
import type { Claims } from '../roles.ts'
import { unbase64 } from './cloud-id.ts'
import { partJws } from './jws.ts'
import { bound, part, proof } from './proof.ts'
import { type Reviewed, reviewToken } from './token-review.ts'

/** The token as it is; clients send it in base64, some as it is. akeyless.md §4.1 */
const tokenIn = (given: string): string => {
  const text = given.trim()
  return (text.includes('.') ? text : (unbase64(text) ?? '')).trim()
}

const Audience = z.looseObject({ aud: z.union([z.string().transform(one => [one]), z.array(z.string())]) })

/**
 * Audiences to ask for. A review has to name them, so an identity that is bound to none asks for those that the token claims;
 * whether it carries them rightly is the API server's to say. A legacy token has none: then its own are the API server's.
 */
const audiencesFor = (wanted: readonly string[], payload: unknown): readonly string[] =>
  wanted.length > 0 ? wanted : (Audience.safeParse(payload).data?.aud ?? [])

const accountOf = (username: string): { namespace: string; name: string } | undefined => {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? []
  return namespace !== undefined && name !== undefined ? { namespace, name } : undefined
}

const claimsOf = (account: { namespace: string; name: string }, reviewed: Reviewed, config: string): Claims =>
  new Map([
    ['namespace', [account.namespace]],
    ['service_account_name', [account.name]],
    ['service_account_uid', [reviewed.uid]],
    ['pod_name', reviewed.podName],
    ['pod_uid', reviewed.podUid],
    ['aud', reviewed.audiences],
    ['config_name', [config]],
  ])

/** access-type k8s: a ServiceAccount's token, which the cluster of the named configuration reviews. akeyless.md §8.6 */
export const kubernetes = proof(
  'k8s',
  z.object({ 'k8s-auth-config-name': part, 'k8s-service-account-token': part }),
  async (identity, given, world) => {
    const cluster = world.clusters.get(identity.config)
    const token = tokenIn(given['k8s-service-account-token'])
    const parted = partJws(token)
    if (!cluster || !parted || given['k8s-auth-config-name'] !== identity.config) return undefined
    const reviewed = await reviewToken(cluster, token, audiencesFor(identity.audiences, parted.payload))
    const account = reviewed && accountOf(reviewed.username)
    if (!account) return undefined
    const admitted = bound(identity.namespaces, account.namespace) && bound(identity.serviceAccounts, account.name)
    return admitted ? claimsOf(account, reviewed, identity.config) : undefined
  },
)
