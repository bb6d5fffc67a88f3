import type { Context, StoreLookup } from '#admission'
import { ExternalSecret, PushSecret } from '#api'
import { externalSecret, pushSecret } from '../objects.ts'

/** What the cases of the rules take for granted: stores by name, flags, and an administrator's wishes for namespace `guarded`. */
const stores: StoreLookup = ({ name }) =>
  name === 'ghost'
    ? undefined
    : { ours: name !== 'vault', admits: namespace => name !== 'private' || namespace === 'in' }

export const paths = [
  { namespaces: ['guarded'], allow: ['/team-a/*', '/shared/db'] },
  { namespaces: ['guarded'], stores: ['ClusterSecretStore/wide'], allow: ['/wide/*', '/a', '/b', '/c'] },
  { namespaces: ['locked'], allow: [] },
]

/** How many items a minute the other ExternalSecrets of a namespace ask for. */
export const others: Readonly<Record<string, number>> = { busy: 280, full: 5_000 }

/** Makes Secret `made` from item /made, in the namespace of the cases. */
export const maker = externalSecret((spec, object) => {
  object.metadata.name = 'maker'
  spec.target.name = 'made'
  spec.data = [{ secretKey: 'k', remoteRef: { key: '/made', property: 'k' } }]
})
/** Pushes Secret `pushed` to item /pushed. */
export const pusher = pushSecret((spec, object) => {
  object.metadata.name = 'pusher'
  spec.selector = { secret: { name: 'pushed' } }
  spec.data = [{ match: { secretKey: 'k', remoteRef: { remoteKey: '/pushed', property: 'k' } } }]
})

const partners: Context['partners'] = {
  makersOf: (namespace, secret) => (namespace === 'team-a' && secret === 'made' ? [ExternalSecret.parse(maker)] : []),
  pushersOf: (namespace, secret) => (namespace === 'team-a' && secret === 'pushed' ? [PushSecret.parse(pusher)] : []),
}

export const context: Context = {
  stores,
  genericTargets: true,
  localGateways: false,
  policy: { rules: {}, paths },
  now: new Date('2026-06-01T00:00:00Z'),
  refreshes: namespace => others[namespace] ?? 0,
  partners,
}
