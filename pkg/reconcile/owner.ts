import type { ExternalSecret } from '#api'
import { group } from '#api'
import type { OwnerReference } from './ports.ts'

const ofGroup = ({ apiVersion }: OwnerReference): boolean => apiVersion.split('/')[0] === group

/** Whether the reference names an ExternalSecret, of whatever name or version. */
export const isExternalSecret = (owner: OwnerReference): boolean => ofGroup(owner) && owner.kind === 'ExternalSecret'

/** The reference with which an ExternalSecret owns its Secret, as ESO writes it (compatibility.md §2.4). */
export const ownerReference = ({ metadata }: ExternalSecret): OwnerReference => ({
  apiVersion: `${group}/v1`,
  kind: 'ExternalSecret',
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
})

/**
 * Whether the reference names this ExternalSecret or a former one of its name: names are unique in a namespace, so the
 * former one is gone and nobody else can own what it left.
 */
export const isOfName = (owner: OwnerReference, { metadata }: ExternalSecret): boolean =>
  isExternalSecret(owner) && owner.name === metadata.name

/** Whether the reference makes this very ExternalSecret the controller: the uid counts, not the name (security.md T10). */
export const controls = (owner: OwnerReference, externalSecret: ExternalSecret): boolean =>
  owner.controller === true && isOfName(owner, externalSecret) && owner.uid === externalSecret.metadata.uid

/** Name of the ExternalSecret that controls an object; undefined where something else does, or nothing. */
export const ownerName = (owners: readonly OwnerReference[]): string | undefined =>
  owners.find(owner => owner.controller === true && isExternalSecret(owner))?.name
