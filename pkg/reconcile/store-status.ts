import type { Fault, FaultCode } from '#core'
import { type Ready, readyOf, withReady } from './conditions.ts'
import type { Store } from './store.ts'
import type { Summary } from './summarize.ts'
import { showFaults } from './words.ts'

/** What somebody must repair; every other fault leaves open whether the store works. */
const definite: readonly FaultCode[] = [
  'SpecInvalid',
  'NotSupported',
  'CredentialMissing',
  'CredentialInvalid',
  'LoginRefused',
  'AccessDenied',
  'GatewayUntrusted',
  'GatewayAnswerInvalid',
]
export const isDefinite = (faults: readonly Fault[]): boolean => faults.some(({ code }) => definite.includes(code))

/** ESO's reasons; but a store that could not be asked is not ready, where ESO says True (compatibility.md §4, decision 23). */
const readyFor = (faults: readonly Fault[]): Ready => {
  if (faults.length === 0) return { status: 'True', reason: 'Valid', message: 'store validated' }
  const reason = isDefinite(faults) ? 'InvalidProviderConfig' : 'ValidationUnknown'
  return { status: 'False', reason, message: showFaults(faults) }
}

/** The status patch and events of one look at a store; none of either where nothing changed. No faults: the login worked. */
export const summarizeStore = (before: Store, faults: readonly Fault[], now: Date): Summary => {
  const { metadata, status } = before
  const ready = readyFor(faults)
  const conditions = withReady(status?.conditions, ready, now)
  const patch = {
    ...(conditions ? { conditions } : {}),
    ...(status?.capabilities === 'ReadWrite' ? {} : { capabilities: 'ReadWrite' }),
    ...(status?.observedGeneration === metadata.generation ? {} : { observedGeneration: metadata.generation }),
  }
  const [fault] = faults
  const told = readyOf(status?.conditions)?.message === ready.message
  const event = fault
    ? { type: 'Warning' as const, reason: fault.code, message: ready.message }
    : { type: 'Normal' as const, reason: ready.reason, message: ready.message }
  return { patch: Object.keys(patch).length === 0 ? undefined : patch, events: told ? [] : [event] }
}
