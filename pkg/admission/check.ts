import type { Finding } from './findings.ts'

/**
 * What takes more than a look at one object: another thread, or the remote side. Gets an object of one of our kinds as it came;
 * undefined where there is nothing to ask about it, so that most answers wait for nothing. Ends within its own time, and never
 * rejects: what it cannot find out is a warning or nothing.
 */
export type Check = (object: unknown) => Promise<readonly Finding[]> | undefined

/**
 * The checks of one webhook. `local` needs nothing but this process and is asked beside the rules, whatever they say, so that a
 * person learns of all faults at once. `remote` costs others something: it is asked only where nothing else speaks against the object.
 */
export interface Checks {
  readonly local?: Check | undefined
  readonly remote?: Check | undefined
}

/** Several of them at once. */
export const together =
  (checks: readonly Check[]): Check =>
  object => {
    const begun = checks.flatMap(check => check(object) ?? [])
    return begun.length === 0 ? undefined : Promise.all(begun).then(found => found.flat())
  }
