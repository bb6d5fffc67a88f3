import type { Item, Json } from './item.ts'

/** One credential that a dynamic item has handed out; `user` names it, its password is not kept. */
export interface Lease {
  readonly id: string
  readonly path: string
  readonly accessId: string
  readonly user: string
  readonly expires: Date
}

/** Hands out unique credentials: user and password of one lease carry the same number, so a mixed pair shows. */
export class Leases {
  readonly #leases: Lease[] = []
  readonly #now: () => Date
  readonly #name: (kind: string) => string

  constructor(now: () => Date, name: (kind: string) => string) {
    this.#now = now
    this.#name = name
  }

  issue(item: Item, accessId: string): Json {
    const producer = item.producer ?? { kind: 'database', ttlMinutes: 60, fields: {}, error: '' }
    const number = this.#leases.length + 1
    const expires = new Date(this.#now().getTime() + producer.ttlMinutes * 60e3)
    const lease = { id: `lease-${number}`, path: item.path, accessId, user: `u${number}`, expires }
    this.#leases.push(lease)
    return { ...answers[producer.kind](lease, this.#name(`p${number}-`), producer), ...producer.fields }
  }

  /** Leases that have not run out, oldest first. */
  live(): readonly Lease[] {
    return this.#leases.filter(lease => lease.expires.getTime() > this.#now().getTime())
  }
}

type Answer = (lease: Lease, password: string, producer: { ttlMinutes: number; error: string }) => Record<string, Json>

// akeyless.md §3.1: the shape depends on the producer; the life in minutes is text in one and a number in the other
const answers = {
  database: (lease, password, { ttlMinutes }) => ({
    id: lease.id,
    user: lease.user,
    password,
    ttl_in_minutes: String(ttlMinutes),
  }),
  aws: (lease, password, { ttlMinutes }) => ({
    id: lease.id,
    user: lease.user,
    access_key_id: `AKIA-${lease.user}`,
    secret_access_key: password,
    security_token: '',
    type: 'iam_user',
    ttl_in_minutes: ttlMinutes,
  }),
  custom: (lease, password, { error }) => ({
    value: error ? '' : JSON.stringify({ user: lease.user, password }),
    error,
  }),
} satisfies Record<'database' | 'aws' | 'custom', Answer>
