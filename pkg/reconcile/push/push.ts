import { createHash } from 'node:crypto'
import { asFault, Fault, type Sensitive } from '#core'
import { type ItemPush, type PushPlan, planPush, storeId } from '#materialize'
import { Refused, Superseded } from '../pass.ts'
import { refOf, type Store } from '../store.ts'
import type { Stores } from '../stores.ts'
import { claimOf } from './claims.ts'
import { type Cleaned, clean, cleaning } from './clean.ts'
import { type Considered, considerAll, fewAtOnce, held, settled } from './considered.ts'
import type { PushReason } from './decide.ts'
import type { Door } from './door.ts'
import { openDoor } from './doors.ts'
import { carryOut, type Done } from './item.ts'
import { type Job, type PushPass, placeKey } from './pass.ts'
import { notAllowed } from './policy.ts'
import { has, type Record, recorded, recordOf, union } from './record.ts'
import { keepFinalizer } from './release.ts'
import { renderSources, type Source } from './source.ts'
import type { ResolvedPush } from './stores.ts'
import { intent, type PushOutcome } from './summarize.ts'

type Usable = Extract<ResolvedPush, { is: 'usable' }>

/** Everything that is to be pushed, and the doors to it. */
interface Work {
  readonly items: readonly ItemPush[]
  readonly idle: readonly Fault[]
  readonly jobs: readonly Job[]
  /** Of stores that give no way in. */
  readonly faults: readonly Fault[]
  readonly before: Record
  readonly mustHold: () => void
}

/** Tells two plans apart without keeping a value. Each value is read once, however many items it goes to. */
const markOf = (items: readonly ItemPush[]): string => {
  const hash = createHash('sha256')
  const known = new Map<Sensitive, string>()
  const fingerprint = (value: Sensitive): string => {
    const made = known.get(value) ?? value.fingerprint()
    known.set(value, made)
    return made
  }
  for (const { store, remoteKey, parts } of items) {
    hash.update(JSON.stringify([storeId(store), remoteKey]))
    for (const { gives } of parts) {
      const values = gives.is === 'value' ? [['', gives.value] as const] : [...gives.members]
      hash.update(JSON.stringify([gives.is, values.map(([name, value]) => [name, fingerprint(value)])]))
    }
  }
  return hash.digest('hex')
}

type Plan = Exclude<PushPlan, { faults: unknown }>

const planOf = async (pass: PushPass, { names }: Usable, source: Source): Promise<Plan> => {
  const { deps, pushSecret } = pass
  const engine = deps.engine.of(pushSecret.metadata.namespace ?? '')
  const plan = await planPush(pushSecret.spec, await renderSources(pass, source), names, engine)
  if ('faults' in plan) throw new Refused(plan.faults)
  // again: of stores that labels select and of items that keys name, the rules of admission know nothing
  const faults = plan.items.flatMap(item => notAllowed(pass, item, item.parts[0]?.path ?? 'spec') ?? [])
  if (faults.length > 0) throw new Refused(faults)
  return plan
}

const sameStore = (a: Store | undefined, b: Store | undefined): boolean =>
  a?.metadata.uid === b?.metadata.uid && a?.metadata.generation === b?.metadata.generation

/** Throws Superseded where the object or a store of it changed since the pass began (security.md T22). */
const holding =
  ({ deps, key, pushSecret }: PushPass, stores: Stores) =>
  (): void => {
    const { metadata } = deps.pushSecrets.get(key) ?? {}
    const isSame =
      metadata?.uid === pushSecret.metadata.uid &&
      metadata?.generation === pushSecret.metadata.generation &&
      metadata?.deletionTimestamp === undefined
    const { namespace = '' } = pushSecret.metadata
    const isStoreSame = [...stores.values()].every(store => {
      const { kind, metadata } = store
      const now =
        kind === 'SecretStore'
          ? deps.stores.get(`${namespace}/${metadata.name}`)
          : deps.clusterStores.get(metadata.name)
      return sameStore(store, now)
    })
    if (!isSame || !isStoreSame) throw new Superseded()
  }

/** The doors of the stores that are pushed to, or why there is none. */
const openDoors = async (pass: PushPass, stores: Stores): Promise<ReadonlyMap<string, Door | Fault>> =>
  new Map(
    await Promise.all(
      [...stores].map(async ([id, store]) => {
        const door = await openDoor(pass, store, 'spec.secretStoreRefs').catch((thrown: unknown) => {
          pass.signal.throwIfAborted()
          return asFault(thrown)
        })
        return [id, door] as const
      }),
    ),
  )

const workOf = async (pass: PushPass, usable: Usable, { items, idle }: Plan): Promise<Work> => {
  const doors = await openDoors(pass, usable.stores)
  const jobs = items.flatMap((push): Job[] => {
    const door = doors.get(storeId(push.store))
    return door && !(door instanceof Fault) ? [{ door, push }] : []
  })
  const faults = [...doors.values()].filter((door): door is Fault => door instanceof Fault)
  return { items, idle, jobs, faults, before: recordOf(pass.pushSecret), mustHold: holding(pass, usable.stores) }
}

const entriesOf = (job: Job, parts: Job['push']['parts']) =>
  parts.map(({ entry }) => ({ store: storeId(job.push.store), entry }))

/**
 * What is about to be made is written down first where it is to be deleted one day: a process that dies between the two must not
 * leave an item that nobody knows of.
 */
const declare = async (pass: PushPass, considered: readonly Considered[], before: Record): Promise<void> => {
  if (pass.pushSecret.spec.deletionPolicy !== 'Delete') return
  const made = considered.flatMap(({ job, verdict }) =>
    verdict instanceof Fault || verdict.do === 'keep' ? [] : entriesOf(job, verdict.ours),
  )
  const { deps, parts, key, signal } = pass
  const object = parts.memory.read(key, pass.pushSecret)
  const { fields, patch } = intent(object, union(before, recorded(made)), deps.controllerClass)
  if (!fields || !patch) return
  const { generation } = object.metadata
  const written = await deps.status.patch({ ...refOf(object), generation }, patch, signal)
  // edited or deleted, which the watch has not told yet: nobody would know what is made now
  if (written === undefined) throw new Superseded()
  parts.memory.note(key, object, fields, written)
}

type Carried = Considered & { readonly done: Done | Fault; readonly isOpen: boolean }

const carryAll = (pass: PushPass, considered: readonly Considered[], before: Record): Promise<readonly Carried[]> =>
  fewAtOnce(considered, async ({ job, verdict, at }): Promise<Carried> => {
    if (verdict instanceof Fault) return { job, verdict, at, done: verdict, isOpen: false }
    const known = (part: Job['push']['parts'][number]) => has(before, storeId(job.push.store), part)
    const writing = { job, recorded: known, considered: verdict, at, isOpen: false }
    const done = await settled(
      pass,
      job,
      held(pass, job, () => carryOut(pass, writing)),
    )
    return { job, verdict, at, done, isOpen: writing.isOpen }
  })

/** Everything that the plan names, whatever comes of it: what is in it is not to be deleted. */
const plannedOf = (items: readonly ItemPush[]): Record =>
  recorded(items.flatMap(({ store, parts }) => parts.map(({ entry }) => ({ store: storeId(store), entry }))))

const nothingLeft: Cleaned = { remaining: [], faults: [], left: [] }

/** Items of which it is open whether they were written. */
const openOf = (all: readonly Carried[]) =>
  all.flatMap(({ job, verdict, isOpen }) => (!isOpen || verdict instanceof Fault ? [] : entriesOf(job, verdict.ours)))

/** Says what is pushed from now on, so that nobody else deletes it. What `IfNotExists` finds there is another's, unless it is in the record. */
const claim = ({ parts, key, pushSecret }: PushPass, { jobs, before }: Work, ours?: Record): void => {
  const { uid = '' } = pushSecret.metadata
  const isOurs = (job: Job, part: Job['push']['parts'][number]): boolean =>
    pushSecret.spec.updatePolicy === 'Replace' || has(ours ?? before, storeId(job.push.store), part)
  const claims = jobs.flatMap(job =>
    job.push.parts.flatMap(part => {
      const place = placeKey(job.door, part.entry.match.remoteRef.remoteKey)
      return isOurs(job, part) ? [{ place, claim: claimOf({ uid, key }, job.door, part.entry) }] : []
    }),
  )
  parts.claims.set(uid, claims)
}

/** All items, each by itself, and then what is not pushed any more. */
const act = async (pass: PushPass, work: Work, source: Source, isSettled: boolean): Promise<PushOutcome> => {
  const { pushSecret, startedAt } = pass
  const isDeleting = pushSecret.spec.deletionPolicy === 'Delete'
  const doomed = isDeleting ? await cleaning(pass, work.before, plannedOf(work.items)) : undefined
  if (work.faults.length === 0) claim(pass, work)
  const considered = await considerAll(pass, work, isSettled)
  work.mustHold()
  await declare(pass, considered, work.before)
  if (isDeleting) await keepFinalizer(pass)
  const all = await carryAll(pass, considered, work.before)
  const faults = [...work.faults, ...all.flatMap(({ done }) => (done instanceof Fault ? [done] : []))]
  const ours = recorded(all.flatMap(({ job, done }) => (done instanceof Fault ? [] : entriesOf(job, done.ours))))
  // what could not be pushed leaves everything as it was
  if (faults.length > 0) {
    const open = isDeleting ? recorded(openOf(all)) : new Map()
    return { did: 'fail', faults, record: union(union(work.before, open), ours), left: [] }
  }
  claim(pass, work, ours)
  // what is deleted is not made again by the next pass
  if (doomed && doomed.doomed.length > 0) work.mustHold()
  const cleaned = doomed ? await clean(pass, doomed, work.jobs) : nothingLeft
  const record = union(ours, recorded(cleaned.remaining))
  if (cleaned.faults.length > 0) return { did: 'fail', record, faults: cleaned.faults, left: cleaned.left }
  const written = all.filter(({ done }) => !(done instanceof Fault) && done.did !== 'kept').length
  const { version: sourceVersion } = source
  const { left } = cleaned
  return { did: 'push', record, sourceVersion, startedAt, written, keepsClock: false, left, idle: work.idle }
}

/**
 * From Secrets to items: planned as a whole, and nothing sent where a part of the plan is wrong. Throws Fault, Refused or Superseded,
 * and then nothing was sent.
 */
export const push = async (
  pass: PushPass,
  usable: Usable,
  { source, reason }: { readonly source: Source; readonly reason: PushReason },
): Promise<PushOutcome> => {
  const { parts, key, pushSecret, startedAt } = pass
  const plan = await planOf(pass, usable, source)
  const mark = markOf(plan.items)
  const record = recordOf(pushSecret)
  if (reason === 'source' && parts.pushed.get(key) === mark) {
    const { version: sourceVersion } = source
    return { did: 'push', record, sourceVersion, startedAt, written: 0, keepsClock: true, left: [], idle: plan.idle }
  }
  parts.pushed.delete(key)
  const work = await workOf(pass, usable, plan)
  work.mustHold()
  const outcome = await act(pass, work, source, pushSecret.status?.sourceVersion === source.version)
  if (outcome.did === 'push') parts.pushed.set(key, mark)
  return outcome
}
