import type { AwsKey, Cluster, SeedIdentity } from './identity.ts'
import type { Item } from './item.ts'
import type { Leases } from './leases.ts'
import { absent, denied } from './refusal.ts'
import { type Capability, granted } from './roles.ts'
import type { Sessions } from './sessions.ts'
import type { UidTokens } from './uid-tokens.ts'
import { canonical, type Vault } from './vault.ts'

/** Behaviour of the live service that nobody has documented: each can be had both ways. akeyless.md §11 */
export interface Quirks {
  /** What reading a disabled item answers. */
  readonly disabledStatus: 403 | 404
  /** get-secret-value of several names with a bad one among them: refuse all of it, or leave the bad one out. */
  readonly batchMiss: 'refuse' | 'omit'
  /** Name under which get-secret-value answers. */
  readonly echo: 'requested' | 'canonical'
  /** Whether list-items honours auto-pagination and gives everything at once. */
  readonly autoPagination: boolean
  /** Whether the account keeps the previous version at each update, where the caller does not say. */
  readonly keepsVersions: boolean
  /** Items of one page of list-items. */
  readonly pageSize: number
}

export const usualQuirks: Quirks = {
  disabledStatus: 403,
  batchMiss: 'refuse',
  echo: 'requested',
  autoPagination: true,
  keepsVersions: false,
  pageSize: 1000,
}

/** Everything that operations work on; thrown away and made anew by a reset. */
export interface World {
  readonly identities: ReadonlyMap<string, SeedIdentity>
  /** By the name that logins give. */
  readonly clusters: ReadonlyMap<string, Cluster>
  /** By access key id. */
  readonly awsKeys: ReadonlyMap<string, AwsKey>
  readonly vault: Vault
  readonly sessions: Sessions
  readonly uidTokens: UidTokens
  readonly leases: Leases
  readonly quirks: Quirks
  readonly now: () => Date
}

/** The world as one caller is allowed to see it. */
export class Desk {
  readonly world: World
  readonly #identity: SeedIdentity

  constructor(world: World, identity: SeedIdentity) {
    this.world = world
    this.#identity = identity
  }

  get accessId(): string {
    return this.#identity.accessId
  }

  permissions(name: string): Capability[] {
    return granted(this.#identity.rules, canonical(name))
  }

  /** The full path, when the caller may do this there. Throws 401. */
  allow(name: string, capability: Capability): string {
    if (!this.permissions(name).includes(capability)) throw denied(this.accessId)
    return canonical(name)
  }

  /** Throws 404 only to a caller who may know that the item is absent, 401 to everybody else. akeyless.md §8.4 */
  find(name: string, capability: Capability): Item {
    const path = this.allow(name, 'list')
    const item = this.world.vault.get(path)
    if (!item) throw absent(this.accessId, path)
    this.allow(path, capability)
    return item
  }
}
