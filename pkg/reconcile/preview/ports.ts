import type { Identity, ItemRef, ItemValue, Leasable, Policy } from '#api'
import type { Fault } from '#core'
import type { CredentialReader, Deps, ItemSource, SecretObject } from '../ports.ts'

/** What becomes of a definite fault that a live check finds. */
export type Mode = 'off' | 'warn' | 'deny'

/** Akeyless, seen from admission: everything is looked at, and nothing is leased. */
export interface ItemInspector extends Pick<ItemSource, 'login' | 'list'> {
  /** As `ItemSource.read`, but a dynamic item is described only. */
  inspect(
    identity: Identity,
    refs: readonly ItemRef[],
    options: Parameters<ItemSource['read']>[2],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ItemValue | Leasable | Fault>>
}

export interface PreviewDeps
  extends Pick<
    Deps,
    'stores' | 'clusterStores' | 'namespaces' | 'secrets' | 'engine' | 'turns' | 'controllerClass' | 'trustedGateways'
  > {
  readonly source: ItemInspector
  readonly credentials: CredentialReader
  /** A Secret without its data, and undefined where there is none. Throws Fault. */
  readonly secretCard: (namespace: string, name: string, signal: AbortSignal) => Promise<SecretObject | undefined>
  readonly modes: { readonly stores: Mode; readonly items: Mode }
  readonly policy?: Policy | undefined
  readonly now: () => Date
}
