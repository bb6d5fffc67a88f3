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
  'LoginBlocked',
  'AmbientDenied',
  'AccessDenied',
  'GatewayUntrusted',
  'GatewayAnswerInvalid',
]
export const isDefinite = (faults: readonly Fault[]): boolean => faults.some(({ code }) => definite.includes(code))

/** What one look at a store came to; no faults: the login worked. */
export interface Seen {
  readonly faults: readonly Fault[]
  /** What should be mended, though it may work. */
  readonly notes: readonly string[]
  /** It logs in as a ServiceAccount of whoever reads, and so nothing could be tried. */
  readonly referent?: boolean
}

const referentWords = 'logs in as a ServiceAccount of each namespace, so nothing could be tried here'

/** ESO's reasons; but a store that could not be asked is not ready, where ESO says True (compatibility.md §4, decision 23). */
const readyFor = ({ faults, notes, referent }: Seen): Ready => {
  if (referent) {
    return { status: 'True', reason: 'ValidationUnknown', message: [referentWords, ...notes].join('; ') }
  }
  if (faults.length === 0) {
    return { status: 'True', reason: 'Valid', message: ['store validated', ...notes].join('; ') }
  }
  const reason = isDefinite(faults) ? 'InvalidProviderConfig' : 'ValidationUnknown'
  return { status: 'False', reason, message: [showFaults(faults), ...notes].join('; ') }
}

/** The status patch and events of one look at a store; none of either where nothing changed. */
export const summarizeStore = (before: Store, seen: Seen, now: Date): Summary => {
  const { metadata, status } = before
  const ready = readyFor(seen)
  const conditions = withReady(status?.conditions, ready, now)
  const patch = {
    ...(conditions ? { conditions } : {}),
    ...(status?.capabilities === 'ReadWrite' ? {} : { capabilities: 'ReadWrite' }),
    ...(status?.observedGeneration === metadata.generation ? {} : { observedGeneration: metadata.generation }),
  }
  const [fault] = seen.faults
  const told = readyOf(status?.conditions)?.message === ready.message
  const event = {
    type: fault || seen.notes.length > 0 ? ('Warning' as const) : ('Normal' as const),
    reason: fault?.code ?? ready.reason,
    message: ready.message,
  }
  return { patch: Object.keys(patch).length === 0 ? undefined : patch, events: told ? [] : [event] }
}
