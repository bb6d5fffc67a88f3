import { Sensitive } from '#core'

/**
 * The token in the path of the webhook that only the webhook configuration holds: whoever reaches the port and does not know it
 * gets the pure rules, and no call to anywhere (decision 28).
 */
export interface PathToken {
  /** The token of the CA in use. */
  use(token: Sensitive): void
  /** For the configuration; undefined before the first `use`. */
  path(): string | undefined
  /** Whether a request may have more than the pure rules. Takes the same time for every text of one length. */
  accepts(text: string): boolean
}

// API servers take a configuration up within seconds, other replicas write the new path within a minute
const graceMs = 10 * 60e3

export const createPathToken = (now: () => number): PathToken => {
  let current: Sensitive | undefined
  let before: { readonly token: Sensitive; readonly until: number } | undefined
  const known = (): readonly Sensitive[] =>
    [current, before && now() < before.until ? before.token : undefined].filter(token => token !== undefined)
  return {
    use: token => {
      if (current?.equals(token)) return
      if (current) before = { token: current, until: now() + graceMs }
      current = token
    },
    path: () => current && `/validate/${current.reveal().toString('latin1')}`,
    accepts: text => {
      const given = Sensitive.text(text)
      return known()
        .map(token => token.equals(given))
        .includes(true)
    },
  }
}
