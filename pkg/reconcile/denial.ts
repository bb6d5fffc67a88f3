import type { Finding } from '#admission'
import { Fault } from '#core'

/** What a rule of admission denies, as the reconciler reports it of an object that got past the webhook. */
export const denialFault = ({ rule, path, message, remedy }: Finding): Fault =>
  new Fault(rule === 'unsupported' ? 'NotSupported' : 'SpecInvalid', message, { path, remedy })
