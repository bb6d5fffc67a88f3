import { type Item, lastVersion, type Version } from './item.ts'
import type { Capability } from './roles.ts'

/** Go's default print of a time, the form of a token's `expiration`. akeyless.md §1 */
export const goTime = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`

// RFC 3339 to the second, as items carry it
const stamp = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

const sizeOf = (version: Version | undefined): number => {
  if (version === undefined) return 0
  return Buffer.byteLength(typeof version.value === 'string' ? version.value : JSON.stringify(version.value))
}

const general = (item: Item): Record<string, unknown> => {
  switch (item.type) {
    case 'STATIC_SECRET':
      return {
        static_secret_info: { format: item.format, max_versions: 10, notify_on_change_event: item.changeEvent },
      }
    case 'DYNAMIC_SECRET':
      return {
        dynamic_secret_producer_details: {
          producer_status: 'ProducerConnected',
          producer_type: item.producer?.kind,
          user_ttl: `${item.producer?.ttlMinutes}m`,
        },
      }
    case 'ROTATED_SECRET':
      return {
        rotated_secret_details: { rotator_status: item.rotated ? 'RotationSucceeded' : 'RotationInitialStatus' },
      }
    case 'CERTIFICATE':
      return { certificate_format: 'pem' }
    default:
      return {}
  }
}

/** An item as list-items shows it under minimal-view. akeyless.md §3 */
export const minimal = (item: Item) => ({
  item_name: item.path,
  item_id: item.id,
  item_type: item.type,
  item_sub_type: item.subType,
  last_version: lastVersion(item),
  modification_date: stamp(item.modified),
})

/** An item as describe-item shows it. akeyless.md §3 */
export const described = (item: Item, permissions: readonly Capability[]) => ({
  ...minimal(item),
  display_id: `item-${item.id}`,
  item_state: item.enabled ? 'Enabled' : 'Disabled',
  is_enabled: item.enabled,
  item_tags: item.tags,
  item_metadata: item.description,
  item_size: sizeOf(item.versions.at(-1)),
  delete_protection: item.deleteProtection,
  client_permissions: permissions,
  creation_date: stamp(item.created),
  access_date: stamp(item.accessed),
  ...(item.rotated && { last_rotation_date: stamp(item.rotated) }),
  item_general_info: general(item),
})

/** The `item_versions` of a describe-item with show-versions. */
export const versionsOf = (item: Item) =>
  item.versions.map(({ number, created, modified }) => ({
    version: number,
    creation_date: stamp(created),
    modification_date: stamp(modified),
    item_version_state: 'Enabled',
  }))
