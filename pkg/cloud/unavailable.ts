import { Fault } from '#core'

/** The one fault of this module: no proof of identity, for a reason in our words. */
export const unavailable = (what: string, remedy?: string, retryAfterMs?: number): Fault =>
  new Fault('IdentityUnavailable', what, { remedy, retryAfterMs })
