import type { ClusterPushSecret } from '#api'
import { show } from '#core'
import type { Draft, Rule } from '../findings.ts'

const nameLabel = 'kubernetes.io/metadata.name'

/** Whether it can be made in more than one namespace. */
const isMany = ({ spec: { namespaceSelectors = [] } }: ClusterPushSecret): boolean =>
  namespaceSelectors.length > 1 || namespaceSelectors.some(({ matchLabels }) => matchLabels?.[nameLabel] === undefined)

const at = 'spec.pushSecretSpec'

/** Items that are named, whatever the Secret holds, and where. */
const named = ({ spec: { pushSecretSpec } }: ClusterPushSecret) => [
  ...(pushSecretSpec.data ?? []).map(({ match: { remoteRef } }, index) => ({
    path: `${at}.data[${index}].match.remoteRef.remoteKey`,
    remoteKey: remoteRef.remoteKey,
  })),
  ...(pushSecretSpec.dataTo ?? []).flatMap(({ remoteKey }, index) =>
    remoteKey ? [{ path: `${at}.dataTo[${index}].remoteKey`, remoteKey }] : [],
  ),
]

/** A SecretStore of each namespace may lead elsewhere; a ClusterSecretStore leads all of them to the same items. */
export const pushShared: Rule<ClusterPushSecret> = {
  id: 'push-shared',
  doc: 'Not every namespace writes the same item: with a ClusterSecretStore the last one wins, and that is a warning.',
  warns: true,
  check: (object): Draft[] => {
    const { secretStoreRefs } = object.spec.pushSecretSpec
    if (!isMany(object) || !secretStoreRefs.some(({ kind }) => kind === 'ClusterSecretStore')) return []
    const [first] = named(object)
    if (!first) return []
    const message = `each namespace that is selected writes item ${show(first.remoteKey)}: the last one wins`
    const remedy = 'name a SecretStore, which each namespace has of its own, or select one namespace'
    return [{ path: first.path, message, remedy, level: 'warn' }]
  },
}
