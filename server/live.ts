import type { Policy } from '#api'
import { type Cluster, secretCards } from '#kube'
import { createPreview, type Mode, type Preview } from '#reconcile'
import type { Config } from './config.ts'
import type { Services } from './services.ts'
import { turns } from './turns.ts'
import type { Watches } from './watches.ts'

/** For the remote part of a review, behind rules and templates; the webhook's own timeout is 5 s (deploy/webhooks.ts). */
export const liveBudgetMs = 1_000

type Modes = Readonly<Record<'stores' | 'items', Mode>>

/** What the flags want. A process that only judges may hold no right to Secrets: there a check would warn of that at each apply. */
export const liveModes = ({ role, liveChecksStores, liveChecksItems }: Config): Modes => {
  const usual: Modes = role === 'webhook' ? { stores: 'off', items: 'off' } : { stores: 'deny', items: 'warn' }
  return { stores: liveChecksStores ?? usual.stores, items: liveChecksItems ?? usual.items }
}

interface LiveDeps {
  readonly policy: Policy | undefined
  readonly config: Config
  readonly cluster: Cluster
  readonly watches: Watches
  readonly services: Services
}

/** The live checks of admission (decision 28), through the client that the reconciler reads with; undefined where they are off. */
export const createLive = ({ config, cluster, watches, services, policy }: LiveDeps): Preview | undefined => {
  const modes = liveModes(config)
  if (modes.stores === 'off' && modes.items === 'off') return undefined
  const { source, engine, credentials } = services
  const { trustedGateways, controllerClass } = config
  return createPreview({
    ...watches,
    ...{ source, engine, credentials, turns, modes, trustedGateways, controllerClass, policy },
    secretCard: secretCards(cluster),
    now: () => new Date(),
  })
}
