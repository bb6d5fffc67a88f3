import type { PushSecret, PushStoreRef } from '#api'
import type { StoreName } from '#materialize'
import type { Context, Draft, Rule } from '../findings.ts'
import { itemPathDrafts, pathAllowed } from './path-allowed.ts'
import { mostStores } from './push-stores.ts'

/** One path that a manifest names, and the stores that it names for it. */
interface Site {
  readonly path: string
  readonly remoteKey: string
  readonly stores: readonly StoreName[]
}

/** Those that labels select are known to the reconciler, which asks again. */
const named = (refs: readonly PushStoreRef[]): readonly StoreName[] =>
  // more are refused as such
  refs.slice(0, mostStores).flatMap(({ kind, name, labelSelector }) => (name && !labelSelector ? [{ kind, name }] : []))

const sitesOf = ({ data = [], dataTo = [], secretStoreRefs }: PushSecret['spec']): readonly Site[] => [
  ...data.map(({ match }, index) => ({
    path: `spec.data[${index}].match.remoteRef.remoteKey`,
    remoteKey: match.remoteRef.remoteKey,
    stores: named(secretStoreRefs),
  })),
  // without remoteKey, items are named by keys of the Secret
  ...dataTo.flatMap(({ remoteKey, storeRef }, index) =>
    remoteKey && storeRef ? [{ path: `spec.dataTo[${index}].remoteKey`, remoteKey, stores: named([storeRef]) }] : [],
  ),
]

export const pushPathAllowed: Rule<PushSecret> = {
  id: pathAllowed.id,
  doc: pathAllowed.doc,
  check: ({ metadata: { namespace }, spec }, context: Context): readonly Draft[] => {
    if (!context.policy?.paths?.length) return []
    return sitesOf(spec).flatMap(({ path, remoteKey, stores }) =>
      stores.flatMap(store => itemPathDrafts(path, remoteKey, { namespace, store }, context)),
    )
  },
}
