import { Fault, fieldManager } from '#core'
import type { SecretDigest, SecretObject, SecretWriter } from './ports.ts'
import { type Draft, draft, isCurrent, type Wanted } from './secret.ts'

/** `absent`: there is no Secret, and the creationPolicy makes none. */
export type Written = 'created' | 'updated' | 'unchanged' | 'absent'

/** What is known of the Secret before it is written. */
export interface Known {
  readonly digest: SecretDigest | undefined
  /** Nothing of ours can be stale in it: the ExternalSecret is as it was at the last sync. */
  readonly settled: boolean
  /** Asked before keys are taken out of the Secret; throws Fault where they may not be, or not yet. */
  readonly approve: (change: Extract<Draft, { do: 'replace' }>) => void
}

// security.md F15; each try reads anew, so more than a few means that somebody writes all the time
const tries = 5

/** What of the ExternalSecret decides a field of the Secret. */
const sourceOf = (field: string, { type }: Wanted, named: string): { path: string; remedy: string } => {
  if (/^metadata\.name\b/.test(field)) return { path: 'spec.target.name', remedy: 'choose another name' }
  if (!/^(data|type)\b/.test(field)) return { path: 'spec.target.template', remedy: 'correct it there' }
  const path = type === undefined ? 'spec.target.name' : 'spec.target.template.type'
  return { path, remedy: `give the keys and values that type ${named} needs, or choose another type` }
}

/** A field of the Secret that the API server does not take, told where a person can mend it. */
const retold = (thrown: unknown, wanted: Wanted, type = 'Opaque'): unknown =>
  thrown instanceof Fault && thrown.code === 'ClusterRefused' && thrown.path !== undefined
    ? new Fault(thrown.code, thrown.message, { ...sourceOf(thrown.path, wanted, type), cause: thrown.cause })
    : thrown

const attempt = async (
  writer: SecretWriter,
  wanted: Wanted,
  { existing, approve }: { existing: SecretObject | undefined; approve: Known['approve'] },
  signal: AbortSignal,
): Promise<Written | 'conflict'> => {
  const next = draft(wanted, existing)
  if (next.do === 'refuse') throw next.fault
  if (next.do === 'keep') return 'unchanged'
  if (next.do === 'leave') return 'absent'
  if (next.do === 'replace') approve(next)
  const manager = fieldManager(wanted.externalSecret.metadata.name)
  const verdict = await writer[next.do](next.secret, manager, signal).catch((thrown: unknown) => {
    throw retold(thrown, wanted, next.secret.type)
  })
  if (verdict === 'conflict') return verdict
  return next.do === 'create' ? 'created' : 'updated'
}

/**
 * Brings the Secret to what is wanted: one create, or one replace of what was read, or nothing. Somebody else's write in
 * between is read and merged with the same bytes (decision 31): the items are not read again. Throws Fault.
 */
export const writeSecret = async (
  writer: SecretWriter,
  wanted: Wanted,
  { digest, settled, approve }: Known,
  signal: AbortSignal,
): Promise<Written> => {
  if (settled && digest && isCurrent(wanted, digest)) return 'unchanged'
  const read = () => writer.read(wanted.namespace, wanted.name, signal)
  // A Secret that no watch has seen is most likely not there; if it is, create says so.
  let existing = digest || !wanted.policy.creates ? await read() : undefined
  for (let count = 0; count < tries; count += 1) {
    const result = await attempt(writer, wanted, { existing, approve }, signal)
    if (result !== 'conflict') return result
    existing = await read()
  }
  throw new Fault('ClusterRefused', `Secret ${wanted.name} was changed by somebody else at each of ${tries} tries`, {
    path: 'spec.target.name',
    remedy: 'find out who else writes it',
  })
}
