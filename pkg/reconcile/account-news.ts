import type { ExternalSecret } from '#api'
import { anywhere } from './account.ts'
import { readyOf } from './conditions.ts'
import { accountIndex, storeIndex } from './indexes.ts'
import type { AccountDigest, Change, Deps } from './ports.ts'
import { keyOf, type Store } from './store.ts'

/** Who is concerned by a change of a ServiceAccount. */
export interface AccountNews {
  /** Keys of stores whose login is looked at again. */
  readonly stores: readonly string[]
  /** Keys of stores of which nothing that was read of the account counts any more. */
  readonly stale: readonly string[]
  readonly readers: readonly ExternalSecret[]
}

const none: AccountNews = { stores: [], stale: [], readers: [] }

/** Stores log in as it, and whoever reads through a referent store in its namespace. */
export const accountNews = (
  { stores, clusterStores, externalSecrets }: Pick<Deps, 'stores' | 'clusterStores' | 'externalSecrets'>,
  change: Change<AccountDigest>,
): AccountNews => {
  if (change.type === 'updated' && change.prior.workload === change.object.workload) return none
  const [namespace = '', name = ''] = change.key.split('/')
  // the first list brings them all: whoever works has no use for the news
  const waits = ({ status }: Store | ExternalSecret): boolean =>
    change.type !== 'added' || readyOf(status?.conditions)?.status !== 'True'
  const readersOf = (store: Store) => externalSecrets.by(storeIndex, keyOf(store)).filter(waits)
  const fixed = [...stores.by(accountIndex, change.key), ...clusterStores.by(accountIndex, change.key)]
  const referent = clusterStores.by(accountIndex, anywhere(name))
  return {
    stores: fixed.filter(waits).map(keyOf),
    stale: [...fixed, ...referent].map(keyOf),
    readers: [
      ...fixed.flatMap(readersOf),
      ...referent.flatMap(readersOf).filter(({ metadata }) => metadata.namespace === namespace),
    ],
  }
}
