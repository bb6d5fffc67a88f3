import type { Finding } from './findings.ts'

/**
 * What takes more than a look at one object: another thread, or the remote side. Gets an object of one of our kinds that the rules
 * have nothing against, as it came. Ends within its own time, and never rejects: what it cannot find out is a warning or nothing.
 */
export type Check = (object: unknown) => Promise<readonly Finding[]>

/** Several of them at once. */
export const together =
  (checks: readonly Check[]): Check =>
  async object =>
    (await Promise.all(checks.map(check => check(object)))).flat()
