import type { ItemValue } from '#api'
import { asFault, Fault, type FaultCode } from '#core'
import { materialize, refsOf, secretShape } from '#materialize'
import { readyOf } from './conditions.ts'
import { type Decision, intervalOf, repeats } from './decide.ts'
import { ownedIndex } from './indexes.ts'
import { createdByLabel, targetName } from './marks.ts'
import { controls } from './owner.ts'
import { digestOf, type Pass, Refused, Superseded } from './pass.ts'
import { refusedTarget } from './refusal.ts'
import { relabel } from './relabel.ts'
import { storeOf } from './resolve.ts'
import { want } from './secret.ts'
import { keyOf, refOf, type Store, showStore } from './store.ts'
import type { Outcome } from './summarize.ts'
import { type Written, writeSecret } from './write.ts'

export type Sync = Extract<Decision, { do: 'sync' }>

/** What is wrong with a store, told to those who use it: its own fields mean nothing in their manifest. */
const throughStore = (thrown: unknown, { kind, metadata }: Store): Fault => {
  const fault = asFault(thrown)
  return new Fault(fault.code, `${showStore(kind, metadata.name)}: ${fault.message}`, {
    path: 'spec.secretStoreRef',
    remedy: fault.remedy,
    retryAfterMs: fault.retryAfterMs,
    cause: fault.cause,
  })
}

// what a login that worked when the store was last looked at can come to since
const suspicious: readonly FaultCode[] = ['LoginRefused', 'GatewayUntrusted', 'CredentialMissing', 'CredentialInvalid']

const readItems = async (
  pass: Pass,
  store: Store,
  maxAgeMs: number,
): Promise<ReadonlyMap<string, ItemValue | Fault>> => {
  const { deps, parts, externalSecret, signal } = pass
  const { namespace = '', uid = '' } = externalSecret.metadata
  try {
    const identity = await parts.identities.of(store, namespace, signal)
    const { refs } = refsOf(externalSecret.spec)
    return await deps.source.read(
      identity,
      refs,
      { maxAgeMs, scope: uid, keepMs: intervalOf(externalSecret) || undefined },
      signal,
    )
  } catch (thrown) {
    const fault = throughStore(thrown, store)
    if (suspicious.includes(fault.code)) parts.suspect(keyOf(store))
    throw fault
  }
}

// A value that was read but could not be written is used once more for so long, so that trouble with our own write costs no
// second lease (security.md I5, F16).
const heldMs = 60e3

/** How long ago the value was read that still waits to be written; undefined where there is none, or it has waited too long. */
const heldFor = ({ unwritten, key, startedAt }: Pass): number | undefined => {
  const age = startedAt.getTime() - (unwritten.get(key) ?? Number.NEGATIVE_INFINITY)
  return age >= 0 && age <= heldMs ? age : undefined
}

const ageAllowed = (pass: Pass, { maxAgeMs }: Sync): number => {
  const age = heldFor(pass)
  return age === undefined ? maxAgeMs : Math.max(maxAgeMs, age + 1)
}

const stillHolds = ({ deps, key, externalSecret }: Pass, store: Store): boolean => {
  const now = deps.externalSecrets.get(key)
  const storeNow = now && storeOf(now, deps)
  return (
    now?.metadata.uid === externalSecret.metadata.uid &&
    now?.metadata.generation === externalSecret.metadata.generation &&
    now?.metadata.deletionTimestamp === undefined &&
    storeNow?.metadata.uid === store.metadata.uid &&
    storeNow?.metadata.generation === store.metadata.generation
  )
}

/** After a failure the target is looked at before the items are read: a Secret that must not be written costs no lease. */
const checkTarget = async ({ deps, externalSecret, signal }: Pass): Promise<void> => {
  if (readyOf(externalSecret.status?.conditions)?.status !== 'False') return
  const { namespace = '' } = externalSecret.metadata
  const existing = await deps.secretWriter.read(namespace, targetName(externalSecret), signal)
  const fault = refusedTarget(externalSecret, secretShape(externalSecret.spec, externalSecret.metadata), existing)
  if (fault) throw fault
}

/** Secrets that this ExternalSecret made under a former target name (compatibility.md §2.5, Owner). */
const removeOrphans = async ({ deps, key, externalSecret, signal }: Pass): Promise<void> => {
  const orphans = deps.secrets
    .by(ownedIndex, key)
    .filter(({ name, labels }) => name !== targetName(externalSecret) && labels[createdByLabel] !== undefined)
    .filter(({ ownerReferences }) => ownerReferences.some(owner => controls(owner, externalSecret)))
  for (const orphan of orphans) {
    await deps.secretWriter.remove(orphan, signal)
    const message = 'secret deleted because it was orphaned'
    deps.events.record(refOf(externalSecret), { type: 'Normal', reason: 'Deleted', message })
  }
}

/** Two thirds of the shortest lease, or the interval (decision 18); undefined where nothing was leased. */
const leaseDueAt = ({ externalSecret, startedAt }: Pass, items: Iterable<ItemValue | Fault>): Date | undefined => {
  const leased = [...items].filter(item => !(item instanceof Fault) && item.type === 'DYNAMIC_SECRET')
  if (leased.length === 0 || !repeats(externalSecret)) return undefined
  const lives = leased.map(item => (item instanceof Fault ? undefined : item.ttlMs)).filter(ttl => ttl !== undefined)
  return new Date(startedAt.getTime() + Math.min(intervalOf(externalSecret), ...lives.map(ttl => (ttl * 2) / 3)))
}

const write = async (
  pass: Pass,
  decision: Sync,
  items: ReadonlyMap<string, ItemValue | Fault>,
): Promise<Written | 'empty'> => {
  const { deps, externalSecret, signal } = pass
  const { metadata, spec } = externalSecret
  const made = materialize(spec, items)
  if ('faults' in made) throw new Refused(made.faults)
  if (made.data.size === 0) return 'empty'
  const digest = digestOf(deps, externalSecret)
  const wanted = want(externalSecret, made.data, secretShape(spec, metadata))
  const written = await writeSecret(deps.secretWriter, wanted, { digest, settled: decision.reason === 'due' }, signal)
  await removeOrphans(pass)
  return written
}

/**
 * From a decision to a written Secret: the items are read once, and what was read is dropped where the object or its store changed
 * meanwhile. Throws Fault, Refused or Superseded, and then nothing was written.
 */
export const sync = async (pass: Pass, store: Store, decision: Sync): Promise<Outcome> => {
  const { key, startedAt, unwritten } = pass
  await checkTarget(pass)
  const relabelled = await relabel(pass, decision)
  if (relabelled) return relabelled
  const maxAgeMs = ageAllowed(pass, decision)
  const items = await readItems(pass, store, maxAgeMs)
  if (!stillHolds(pass, store)) throw new Superseded()
  if (heldFor(pass) === undefined) unwritten.set(key, startedAt.getTime())
  const written = await write(pass, decision, items)
  if (written === 'empty') return { did: 'retain', startedAt, keepsClock: decision.keepsClock }
  return {
    did: 'sync',
    written,
    startedAt,
    leaseDueAt: leaseDueAt(pass, items.values()),
    keepsClock: decision.keepsClock,
  }
}
