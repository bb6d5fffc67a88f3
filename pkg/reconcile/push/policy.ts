import { itemPathDrafts } from '#admission'
import { Fault } from '#core'
import type { StoreName } from '#materialize'
import type { PushPass } from './pass.ts'

/** What the policy has against touching an item through a store; undefined: nothing. `path`: the field that has it touched. */
export const notAllowed = (
  { deps: { policy }, pushSecret }: Pick<PushPass, 'deps' | 'pushSecret'>,
  { store, remoteKey }: { readonly store: StoreName; readonly remoteKey: string },
  path: string,
): Fault | undefined => {
  const { namespace } = pushSecret.metadata
  const [draft] = itemPathDrafts(path, remoteKey, { namespace, store }, { policy })
  return draft && new Fault('SpecInvalid', draft.message, { path, remedy: draft.remedy })
}
