import type { Context, StoreLookup } from '#admission'

/** What the cases of the rules take for granted: stores by name, flags, and an administrator's wishes for namespace `guarded`. */
const stores: StoreLookup = ({ name }) => (name === 'ghost' ? undefined : { ours: name !== 'vault' })

const paths = [
  { namespaces: ['guarded'], allow: ['/team-a/*', '/shared/db'] },
  { namespaces: ['guarded'], stores: ['ClusterSecretStore/wide'], allow: ['/wide/*', '/a', '/b', '/c'] },
  { namespaces: ['locked'], allow: [] },
]

export const context: Context = { stores, genericTargets: true, localGateways: false, policy: { rules: {}, paths } }
