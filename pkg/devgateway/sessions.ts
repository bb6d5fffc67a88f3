import type { SeedIdentity } from './identity.ts'
import { type Claims, rulesFor } from './roles.ts'

export interface Session {
  readonly identity: SeedIdentity
  readonly expires: Date
}

// akeyless.md §1.1: five failures in a row block an auth method; for how long is not documented, so ten minutes is our choice
const failuresToBlock = 5
const blockMs = 10 * 60e3

/** Tokens that are good, and identities that are blocked for failing too often. */
export class Sessions {
  readonly #tokens = new Map<string, Session>()
  readonly #failures = new Map<string, { count: number; last: Date }>()
  readonly #now: () => Date
  readonly #name: (kind: string) => string

  constructor(now: () => Date, name: (kind: string) => string) {
    this.#now = now
    this.#name = name
  }

  /** Opens a session with the rules that the claims of the proof admit. */
  open(identity: SeedIdentity, claims: Claims): { token: string; expires: Date } {
    this.#failures.delete(identity.accessId)
    const expires = new Date(this.#now().getTime() + identity.ttlMinutes * 60e3)
    const token = this.#name('t-')
    this.#tokens.set(token, { identity: { ...identity, rules: rulesFor(identity.rules, claims) }, expires })
    return { token, expires }
  }

  /** The session of a token, expired ones included. */
  find(token: string): Session | undefined {
    return this.#tokens.get(token)
  }

  expired(session: Session): boolean {
    return session.expires.getTime() <= this.#now().getTime()
  }

  failed(accessId: string): void {
    const before = this.#failures.get(accessId)
    this.#failures.set(accessId, { count: (before?.count ?? 0) + 1, last: this.#now() })
  }

  blocked(accessId: string): boolean {
    const failures = this.#failures.get(accessId)
    if (!failures || failures.count < failuresToBlock) return false
    if (this.#now().getTime() < failures.last.getTime() + blockMs) return true
    this.#failures.delete(accessId)
    return false
  }

  /** Forgets every token: the next call of each client is a 401. Universal identity tokens are no sessions, and stay good. */
  revoke(): void {
    this.#tokens.clear()
  }
}
