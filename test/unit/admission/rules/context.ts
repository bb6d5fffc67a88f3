import type { Context, StoreLookup } from '#admission'

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

export const context: Context = {
  stores,
  genericTargets: true,
  localGateways: false,
  policy: { rules: {}, paths },
  now: new Date('2026-06-01T00:00:00Z'),
  refreshes: namespace => others[namespace] ?? 0,
}
