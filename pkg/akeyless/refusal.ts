import type { Fault } from '#core'

/**
 * Why a call gave no answer, as the layers above decide by it:
 * `token` not accepted · `denied` `absent` `invalid` `large` concern what was asked for · `foreign` is no Akeyless ·
 * `path` is no Akeyless under this base path · `rate` · `login` · `held` a login that nobody has refused must wait · `proof` there is nothing to log in with · `failed` 5xx or cut off · `down` no connection · `slow` ·
 * `moved` the item turned out to be of another type · `conflict` somebody else wrote it first.
 */
export type Why =
  | 'token'
  | 'denied'
  | 'absent'
  | 'invalid'
  | 'large'
  | 'foreign'
  | 'path'
  | 'rate'
  | 'login'
  | 'held'
  | 'proof'
  | 'failed'
  | 'down'
  | 'slow'
  | 'moved'
  | 'conflict'

/** Travels inside this module only; its fault is what leaves. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly why: Why
  readonly fault: Fault

  constructor(why: Why, fault: Fault) {
    super(fault.message)
    this.why = why
    this.fault = fault
  }
}

/** Refusals of the identity or its gateway: where they are all there is, nothing could be read. */
const general: ReadonlySet<Why> = new Set<Why>(['rate', 'login', 'held', 'proof', 'failed', 'down', 'slow', 'path'])

export const isGeneral = (outcome: unknown): outcome is Refusal =>
  outcome instanceof Refusal && general.has(outcome.why)

/** The refusal of an attempt, as a value: what else is thrown ends the whole read. */
export const settled = async <T>(attempt: Promise<T>): Promise<T | Refusal> => {
  try {
    return await attempt
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown
    throw thrown
  }
}
