/** Requests per second and identity, counted in windows of one second. akeyless.md §1.1 (429) */
export class RateLimit {
  readonly #windows = new Map<string, { readonly second: number; count: number }>()
  #perSecond = Number.POSITIVE_INFINITY

  set(perSecond: number | undefined): void {
    this.#perSecond = perSecond ?? Number.POSITIVE_INFINITY
    this.#windows.clear()
  }

  /** Counts one request; false when it is over the limit. */
  admit(accessId: string, now: Date): boolean {
    const second = Math.floor(now.getTime() / 1000)
    const window = this.#windows.get(accessId)
    const current = window?.second === second ? window : { second, count: 0 }
    current.count += 1
    this.#windows.set(accessId, current)
    return current.count <= this.#perSecond
  }
}
