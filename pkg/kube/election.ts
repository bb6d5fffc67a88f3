import { pause } from './deadline.ts'
import { KubeError } from './error.ts'
import { held, type Lease, type LeasePlace, leaseObject, released } from './lease.ts'

export interface Durations {
  /** How long the others wait for a silent leader. */
  readonly leaseMs: number
  /** How long a leader goes on without a successful renewal; less than leaseMs, or two could lead. */
  readonly renewMs: number
  /** Between two tries; shortened by up to a quarter at random. */
  readonly retryMs: number
}

/** client-go's and ESO's defaults (security.md T31). */
export const defaultDurations: Durations = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 }

export type Transition =
  | { readonly to: 'leader' }
  /** `conflict`: somebody else wrote the lease. `expired`: no renewal in time, or the process slept. `stopped`: given back. */
  | { readonly to: 'follower'; readonly why: 'conflict' | 'expired' | 'stopped' }
  | { readonly to: 'observer'; readonly leader: string }
  /** A try that failed; the campaign goes on. */
  | { readonly to: 'waiting'; readonly reason: string }

export interface ElectionOptions extends LeasePlace {
  /** Who this process is among its replicas; unique, as the pod's name plus something random. */
  readonly identity: string
  readonly durations?: Durations
  /** Monotonic milliseconds: a clock that jumps must not prolong a lease. */
  readonly now: () => number
  /** For the times that people read in the Lease; decides nothing. */
  readonly date: () => Date
  readonly random: () => number
  readonly onStarted: () => void
  /** Not called for a process that never led. */
  readonly onStopped: (why: 'conflict' | 'expired' | 'stopped') => void
  /** Every change, once; for the log. */
  readonly onTransition?: (transition: Transition) => void
  readonly onError: (error: unknown) => void
}

export interface Election {
  /** Asked before every write: false as soon as the last renewal is too old, even if nobody has noticed yet. */
  isLeader(): boolean
  /** Ends the campaign; a leader gives the lease back, so that the next one need not wait. */
  stop(): Promise<void>
}

interface Seen {
  readonly version: string
  readonly atMs: number
}

class Campaign {
  readonly #options: ElectionOptions
  readonly #durations: Durations
  readonly #lease: ReturnType<typeof leaseObject>
  readonly #stopping = new AbortController()
  /** The lease as we wrote it last, while we lead. */
  #own: Lease | undefined
  #renewedAt = Number.NEGATIVE_INFINITY
  /** When another holder's lease last changed, by our clock. */
  #seen: Seen | undefined
  #told = ''

  constructor(options: ElectionOptions) {
    this.#options = options
    this.#durations = options.durations ?? defaultDurations
    this.#lease = leaseObject(options)
  }

  get leads(): boolean {
    return this.#own !== undefined && this.#left() > 0
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#turn(signal)
      await pause(this.#durations.retryMs * (1 - this.#options.random() / 4), signal)
    }
  }

  stop(): void {
    this.#stopping.abort()
  }

  /** Gives the lease back. No second try: it runs out by itself otherwise. */
  async release(): Promise<void> {
    const own = this.leads ? this.#own : undefined
    this.#lose('stopped')
    if (!own) return
    const { signal } = new AbortController()
    try {
      // read again: the renewal that stop cut short may have arrived
      const lease = await this.#lease.read(signal, 3_000)
      if (lease.spec.holderIdentity !== this.#options.identity) return
      await this.#lease.write({ ...lease, spec: released(lease.spec, this.#options.date()) }, signal, 3_000)
    } catch (error) {
      this.#tell({ to: 'waiting', reason: error instanceof KubeError ? error.message : 'release failed' })
    }
  }

  #left(): number {
    return this.#renewedAt + this.#durations.renewMs - this.#options.now()
  }

  async #turn(signal: AbortSignal): Promise<void> {
    this.#expire()
    // before the request goes out: the others count from no earlier moment
    const startedAt = this.#options.now()
    try {
      if (this.#own) await this.#renew(this.#own, startedAt, signal)
      else await this.#campaign(startedAt, signal)
    } catch (error) {
      if (!signal.aborted) await this.#failed(error, signal)
    }
    this.#expire()
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof KubeError)) this.#options.onError(error)
    else if (error.status === 409) await this.#settle(signal)
    else this.#tell({ to: 'waiting', reason: error.message })
  }

  /** After a conflict: our own renewal may have arrived although its answer was lost, and then nothing happened. */
  async #settle(signal: AbortSignal): Promise<void> {
    if (!this.#own) return
    try {
      const lease = await this.#find(signal, Math.min(this.#left(), this.#durations.retryMs))
      // the next turn renews from there; until then the time of the last answered renewal counts
      if (lease?.spec.holderIdentity === this.#options.identity) this.#own = lease
      else this.#lose('conflict')
    } catch (error) {
      if (!signal.aborted)
        this.#tell({ to: 'waiting', reason: error instanceof KubeError ? error.message : 'Unexpected' })
    }
  }

  #expire(): void {
    if (this.#own && this.#left() <= 0) this.#lose('expired')
  }

  async #renew(own: Lease, startedAt: number, signal: AbortSignal): Promise<void> {
    // a stalled connection must leave time for a second try
    const timeoutMs = Math.min(this.#left(), 2 * this.#durations.retryMs)
    const written = await this.#lease.write(this.#taken(own), signal, timeoutMs)
    this.#own = written
    this.#renewedAt = startedAt
  }

  async #campaign(startedAt: number, signal: AbortSignal): Promise<void> {
    const timeoutMs = this.#durations.renewMs
    const lease = await this.#find(signal, timeoutMs)
    if (lease && !this.#free(lease)) {
      this.#tell({ to: 'observer', leader: lease.spec.holderIdentity ?? '' })
      return
    }
    const spec = held(lease?.spec ?? {}, this.#options.identity, this.#durations.leaseMs, this.#options.date())
    const written = lease
      ? await this.#lease.write({ ...lease, spec }, signal, timeoutMs)
      : await this.#lease.create(spec, signal, timeoutMs)
    // too slow to be true: the time since the request began counts
    if (this.#options.now() - startedAt >= this.#durations.renewMs) return
    this.#own = written
    this.#renewedAt = startedAt
    this.#seen = undefined
    this.#tell({ to: 'leader' })
    this.#guard(() => this.#options.onStarted())
  }

  async #find(signal: AbortSignal, timeoutMs: number): Promise<Lease | undefined> {
    try {
      return await this.#lease.read(signal, timeoutMs)
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined
      throw error
    }
  }

  /** Nobody's, our own from before a restart, or unchanged for as long as its holder promised. */
  #free(lease: Lease): boolean {
    const { holderIdentity, leaseDurationSeconds } = lease.spec
    if (!holderIdentity || holderIdentity === this.#options.identity) return true
    const version = lease.metadata.resourceVersion
    if (this.#seen?.version !== version) {
      this.#seen = { version, atMs: this.#options.now() }
      return false
    }
    const promisedMs = leaseDurationSeconds ? leaseDurationSeconds * 1000 : this.#durations.leaseMs
    return this.#options.now() - this.#seen.atMs >= promisedMs
  }

  #taken(lease: Lease): Lease {
    const { identity, date } = this.#options
    return { ...lease, spec: held(lease.spec, identity, this.#durations.leaseMs, date()) }
  }

  #lose(why: 'conflict' | 'expired' | 'stopped'): void {
    const led = this.#own !== undefined
    this.#own = undefined
    this.#renewedAt = Number.NEGATIVE_INFINITY
    if (!led) return
    this.#tell({ to: 'follower', why })
    this.#guard(() => this.#options.onStopped(why))
  }

  #tell(transition: Transition): void {
    const text = JSON.stringify(transition)
    if (text === this.#told) return
    this.#told = text
    this.#guard(() => this.#options.onTransition?.(transition))
  }

  #guard(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#options.onError(error)
    }
  }
}

/**
 * Campaigns for a Lease until stopped; after a loss it campaigns again, unless onStopped ends the process. A lease alone is no
 * fence: writes carry a resourceVersion, and server/fence.ts asks isLeader before each.
 */
export const elect = (options: ElectionOptions): Election => {
  const campaign = new Campaign(options)
  const running = campaign.run()
  return {
    isLeader: () => campaign.leads,
    stop: async () => {
      campaign.stop()
      await running
      await campaign.release()
    },
  }
}
