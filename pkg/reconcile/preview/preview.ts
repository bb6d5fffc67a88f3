import { type Check, type Finding, valueAt } from '#admission'
import { ClusterSecretStore, ExternalSecret, SecretStore } from '#api'
import { createIdentities } from '../identities.ts'
import type { Store } from '../store.ts'
import { createBound } from './bound.ts'
import { previewItems } from './items.ts'
import { createPatience } from './patience.ts'
import type { PreviewDeps } from './ports.ts'
import { previewStore } from './store.ts'
import { previewTarget } from './target.ts'
import { tooMany } from './verdict.ts'

// a namespace alone may have half of them, which is twice the calls that one gateway gets at once; each holds little and waits
const most = 64

const bare = (object: unknown): unknown =>
  typeof object === 'object' && object !== null ? { ...object, status: undefined } : object

const readStore = (kind: unknown, object: unknown): Store | undefined => {
  if (kind !== 'SecretStore' && kind !== 'ClusterSecretStore') return undefined
  const schema = kind === 'SecretStore' ? SecretStore : ClusterSecretStore
  return schema.safeParse(bare(object)).data
}

type Looked = (signal: AbortSignal) => Promise<readonly Finding[]>

/** Looks at objects as the reconciler would; nothing is written, and nothing leased, so any replica may (decision 28). */
export interface Preview {
  /** The check of one review: it ends with the signal, also where it is asked of two objects. */
  check(signal: AbortSignal): Check
}

export const createPreview = (deps: PreviewDeps): Preview => {
  const bound = createBound(most)
  const patience = createPatience(() => deps.now().getTime())
  const identities = createIdentities(deps, deps.now)

  const lookAtItems =
    (externalSecret: ExternalSecret): Looked =>
    async signal => {
      const looking = { deps, identities, patience, externalSecret, signal }
      const found = await Promise.all([previewItems(looking), previewTarget(deps, externalSecret, signal)])
      return found.flat()
    }

  /** What there is to do for an object; undefined where nothing is. */
  const lookAt = (object: unknown): Looked | undefined => {
    const kind = valueAt(object, ['kind'])
    if (kind === 'ExternalSecret') {
      const parsed = deps.modes.items === 'off' ? undefined : ExternalSecret.safeParse(bare(object))
      return parsed?.success ? lookAtItems(parsed.data) : undefined
    }
    const store = deps.modes.stores === 'off' ? undefined : readStore(kind, object)
    return store && (signal => previewStore(deps, patience, store, signal))
  }

  return {
    check: signal => object => {
      const look = lookAt(object)
      if (!look) return undefined
      const namespace = valueAt(object, ['metadata', 'namespace'])
      const leave = bound.enter(typeof namespace === 'string' ? namespace : '')
      return leave ? look(signal).finally(leave) : Promise.resolve([tooMany()])
    },
  }
}
