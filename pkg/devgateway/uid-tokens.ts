import type { IdentityOf, SeedIdentity } from './identity.ts'
import { rulesFor } from './roles.ts'
import type { Session } from './sessions.ts'

interface UidToken {
  readonly identity: IdentityOf<'universal_identity'>
  readonly expires: Date
  /** The successor that waits for its acknowledgement. */
  readonly pending?: string
}

/** Universal identity tokens: each is good until it is rotated or its time is over. akeyless.md §1.2 */
export class UidTokens {
  readonly #tokens = new Map<string, UidToken>()
  readonly #now: () => Date
  readonly #name: (kind: string) => string

  constructor(now: () => Date, name: (kind: string) => string, identities: readonly SeedIdentity[]) {
    this.#now = now
    this.#name = name
    for (const identity of identities)
      if (identity.type === 'universal_identity') this.#tokens.set(identity.token, this.#fresh(identity))
  }

  /** Who a token stands for, expired ones included; undefined for one that never was or was rotated away. */
  find(token: string): Session | undefined {
    const found = this.#tokens.get(token)
    if (!found) return undefined
    const { identity, expires } = found
    // no proof comes with the token, so no sub-claim does
    return { identity: { ...identity, rules: rulesFor(identity.rules, new Map()) }, expires }
  }

  good(token: string): boolean {
    const found = this.#tokens.get(token)
    return found !== undefined && found.expires.getTime() > this.#now().getTime()
  }

  /** The successor of a good token; undefined for any other. Until it is acknowledged, if that is asked for, both are good. */
  rotate(token: string, needsAck: boolean): string | undefined {
    const old = this.#tokens.get(token)
    if (!old || !this.good(token)) return undefined
    // asked again, because the answer was lost: the successor that nobody got must not live on
    if (old.pending !== undefined) this.#tokens.delete(old.pending)
    const next = this.#name('u-')
    this.#tokens.set(next, this.#fresh(old.identity))
    if (needsAck) this.#tokens.set(token, { ...old, pending: next })
    else this.#retire(token, old)
    return next
  }

  /** Ends a token whose successor has arrived; false where `next` is not the one that waits. */
  acknowledge(token: string, next: string): boolean {
    const old = this.#tokens.get(token)
    if (!old || old.pending !== next) return false
    this.#retire(token, old)
    return true
  }

  #fresh(identity: IdentityOf<'universal_identity'>): UidToken {
    return { identity, expires: new Date(this.#now().getTime() + identity.tokenTtlMinutes * 60e3) }
  }

  #retire(token: string, { identity, expires }: UidToken): void {
    if (identity.graceSeconds === 0) {
      this.#tokens.delete(token)
      return
    }
    const end = Math.min(expires.getTime(), this.#now().getTime() + identity.graceSeconds * 1000)
    this.#tokens.set(token, { identity, expires: new Date(end) })
  }
}
