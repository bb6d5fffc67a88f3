import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { never } from '#core'
import { type Cluster, elect, type Transition } from '#kube'
import type { Log } from '#observe'
import { names } from '../deploy/names.ts'

export interface Leadership {
  /** Settles when another replica took over; never where nobody else may. */
  readonly lost: Promise<void>
  /** False as soon as the last renewal is too old, even if nobody has noticed yet. */
  leads(): boolean
  /** Gives the lease back, so that the next one need not wait for its end. */
  resign(): Promise<void>
}

interface LeadershipDeps {
  readonly cluster: Cluster
  readonly namespace: string
  readonly log: Log
  /** Called once this replica leads. */
  readonly begin: () => void
}

/** Who leads, since when not, and what keeps this replica from standing: a 403 on the lease would go unnoticed. */
const tell = (log: Log, transition: Transition): void => {
  const step = transition.to
  switch (transition.to) {
    case 'leader':
      log.info('leads', { step })
      break
    case 'observer':
      log.info('another replica leads', { step, name: transition.leader })
      break
    case 'follower':
      log.warn('no longer leads', { step, reason: transition.why })
      break
    case 'waiting':
      log.warn('cannot stand for leader', { step, reason: transition.reason })
      break
    default:
      never(transition)
  }
}

/** Stands for leader until it resigns. */
export const campaign = ({ cluster, namespace, log, begin }: LeadershipDeps): Leadership => {
  const lost = Promise.withResolvers<void>()
  const election = elect({
    cluster,
    namespace,
    name: names.lease,
    identity: `${hostname()}_${randomUUID()}`,
    now: () => performance.now(),
    date: () => new Date(),
    random: Math.random,
    onStarted: begin,
    onStopped: why => (why === 'stopped' ? undefined : lost.resolve()),
    onTransition: transition => tell(log, transition),
    onError: fault => log.warn('leader election', { fault }),
  })
  return { lost: lost.promise, leads: election.isLeader, resign: () => election.stop() }
}

/** For a process that is alone: it leads at once. */
export const alone = (begin: () => void): Leadership => {
  begin()
  return { lost: new Promise(() => {}), leads: () => true, resign: async () => {} }
}
