import { type Finding, liveStore, notChecked, stamp } from '#admission'
import type { Fault } from '#core'
import { isReferent } from '../account.ts'
import { keyFindings } from '../long-lived.ts'
import type { CredentialReader } from '../ports.ts'
import type { Store } from '../store.ts'
import { isDefinite } from '../store-status.ts'
import { type Trial, tryStore } from '../trial.ts'
import { gatewayName, mayBeCalled } from './gateway.ts'
import { changesWithUse } from './leaseless.ts'
import type { Patience } from './patience.ts'
import type { PreviewDeps } from './ports.ts'
import { findingOf, isEnded, stillSlow, tooSlow } from './verdict.ts'

const base = 'spec.provider.akeyless'
const gatewayAt = `${base}.akeylessGWApiURL`

/** The reader, and whether it found everything that it was asked for. */
const watched = (reader: CredentialReader) => {
  let complete = true
  const noted = <T>(found: T | undefined): T | undefined => {
    if (found === undefined) complete = false
    return found
  }
  const noting: CredentialReader = {
    secret: async (...args) => noted(await reader.secret(...args)),
    configMap: async (...args) => noted(await reader.configMap(...args)),
    serviceAccount: async (...args) => noted(await reader.serviceAccount(...args)),
  }
  return { reader: noting, isComplete: () => complete }
}

/** What is not there may come with the next document of the file; a ServiceAccount that a login missed says when to look again. */
const isSure = (fault: Fault, isComplete: boolean): boolean =>
  isDefinite([fault]) && isComplete && !(fault.code === 'CredentialMissing' && fault.retryAfterMs !== undefined)

const unvouched = (gateway: string): Finding =>
  stamp(notChecked.id, {
    path: gatewayAt,
    message: `not checked in full: ${gatewayName(gateway)} is called by a CA that no store beside this one has, so no credentials go there yet`,
    remedy: 'read the status of the store in a moment',
    level: 'warn',
  })

const elsewhere = (gateway: string): Finding =>
  stamp(notChecked.id, {
    path: gatewayAt,
    message: `not checked in full: ${gatewayName(gateway)} is no trusted gateway and new here, so no credentials go there yet`,
    remedy: 'read the status of the store in a moment, or have it added to --trusted-gateways',
    level: 'warn',
  })

/** In a status they are sentences in a row, some with a path of their own in front. */
const noteFindings = ({ notes }: Trial): readonly Finding[] =>
  notes.map(note => {
    const [, path = `${base}.authSecretRef`, message = note] = /^(spec\.\S+): (.+)$/s.exec(note) ?? []
    return stamp(liveStore.id, { path, message, level: 'warn' })
  })

/**
 * What the status of a store will say, before there is one: its credentials are read and a real login made (decision 28), whose token
 * serves the reconciler a moment later. Ends with the signal, and never throws.
 */
export const previewStore = async (
  deps: PreviewDeps,
  patience: Patience,
  store: Store,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  // who it logs in as only those who read can tell
  if (!store.spec.provider.akeyless || isReferent(store)) return []
  const { reader, isComplete } = watched(deps.credentials)
  const withheld: Finding[] = []
  const trying = { source: deps.source, credentials: reader, trustedGateways: deps.trustedGateways }
  const tried = await tryStore(trying, store, signal, identity => {
    if (changesWithUse(identity)) return false
    const { gateway } = identity
    if (!mayBeCalled(deps, store, identity))
      withheld.push(identity.ca === undefined ? elsewhere(gateway) : unvouched(gateway))
    else if (patience.isSpent(gateway)) withheld.push(stillSlow(gatewayAt, gatewayName(gateway)))
    return withheld.length === 0
  })
  const { faults, identity } = tried
  const told = [...noteFindings(tried), ...keyFindings(store, identity, deps.policy)]
  if (faults.some(fault => isEnded(fault, signal))) {
    if (!identity) return [tooSlow(`${base}.authSecretRef`, 'the API server')]
    patience.spent(identity.gateway)
    return [tooSlow(gatewayAt, gatewayName(identity.gateway)), ...told]
  }
  if (identity && withheld.length === 0) patience.answered(identity.gateway)
  const wrong = faults.map(fault => findingOf(liveStore, fault, isSure(fault, isComplete()), deps.modes.stores))
  return [...wrong, ...withheld, ...told]
}
