import type { ExternalSecret } from '#api'
import { Fault, fieldManager } from '#core'
import { targetName } from '../marks.ts'
import { baseObject, draftObject, type ObjectDraft } from './draft.ts'
import { type Fields, fieldOf, isFields, type ManifestObject } from './object.ts'
import type { ObjectClient, ObjectKind } from './port.ts'

/** What became of the object; `mark` is that of what is there now. */
export type WrittenObject =
  | { readonly did: 'created' | 'updated' | 'unchanged'; readonly mark: string }
  /** There is none, and the creationPolicy makes none. */
  | { readonly did: 'absent' }

export interface ObjectWrite {
  readonly externalSecret: ExternalSecret
  readonly kind: ObjectKind
  /** As it was read for the refusals; undefined where it is absent. */
  readonly existing: ManifestObject | undefined
  /** Lays what was fetched and rendered over a base. Asked again after a conflict. Throws Fault. */
  readonly lay: (base: ManifestObject) => Promise<Fields>
  /** Told which keys a replace would take away. Throws Fault where they may not go yet. */
  readonly approve: (change: { readonly drops: readonly string[]; readonly of: number }) => void
}

// security.md F15; each try reads anew, so more than a few means that somebody writes all the time
const tries = 5

/** A field of the object that the API server does not take, told where a person can mend it. */
const retold = (thrown: unknown, { externalSecret }: ObjectWrite): unknown => {
  if (!(thrown instanceof Fault) || thrown.code !== 'ClusterRefused' || thrown.path === undefined) return thrown
  const { template } = externalSecret.spec.target
  const where = template === undefined ? 'spec.target.manifest' : 'spec.target.template'
  const isName = /^metadata\.name\b/.test(thrown.path)
  return new Fault(thrown.code, thrown.message, {
    path: isName ? 'spec.target.name' : where,
    remedy: isName ? 'choose another name' : 'give the kind the fields that its API asks for, and no others',
    cause: thrown.cause,
  })
}

const carry = async (
  client: ObjectClient,
  write: ObjectWrite,
  draft: Extract<ObjectDraft, { do: 'create' | 'replace' }>,
  signal: AbortSignal,
): Promise<WrittenObject | 'conflict'> => {
  const manager = fieldManager(write.externalSecret.metadata.name)
  const answer = await client[draft.do](write.kind, draft.object, manager, signal).catch((thrown: unknown) => {
    throw retold(thrown, write)
  })
  if (answer.did === 'conflict') return 'conflict'
  return { did: draft.do === 'create' ? 'created' : 'updated', mark: answer.mark }
}

/** Where fetched values stand, and with them all that a search found: `data`, or `spec.data`. */
const keysIn = (object: Fields): readonly string[] => {
  const spec = fieldOf(object, 'spec')
  const maps = [fieldOf(object, 'data'), isFields(spec) ? fieldOf(spec, 'data') : undefined]
  return maps.flatMap(map => (isFields(map) ? Object.keys(map) : []))
}

const lossOf = (existing: Fields, wanted: Fields) => {
  const [before, after] = [keysIn(existing), new Set(keysIn(wanted))]
  return { drops: before.filter(key => !after.has(key)), of: before.length }
}

const attempt = async (
  client: ObjectClient,
  write: ObjectWrite,
  existing: ManifestObject | undefined,
  signal: AbortSignal,
): Promise<WrittenObject | 'conflict'> => {
  const { externalSecret, kind } = write
  const placed = await write.lay(baseObject(externalSecret, kind, existing))
  const draft = draftObject(externalSecret, kind, placed, existing)
  if (draft.do === 'refuse') throw draft.fault
  if (existing && draft.do === 'replace') write.approve(lossOf(existing, draft.object))
  if (draft.do === 'create' || draft.do === 'replace') return carry(client, write, draft, signal)
  return existing ? { did: 'unchanged', mark: client.markOf(existing) } : { did: 'absent' }
}

/**
 * Brings the object to what is wanted: one create, or one replace of what was read, or nothing. Somebody else's write in between is
 * read and the same values are laid over it (decision 31): the items are not read again. Throws Fault.
 */
export const writeObject = async (
  client: ObjectClient,
  write: ObjectWrite,
  signal: AbortSignal,
): Promise<WrittenObject> => {
  const name = targetName(write.externalSecret)
  const { namespace = '' } = write.externalSecret.metadata
  let { existing } = write
  for (let count = 0; count < tries; count += 1) {
    const result = await attempt(client, write, existing, signal)
    if (result !== 'conflict') return result
    existing = await client.read(write.kind, namespace, name, signal)
  }
  const what = `${write.kind.kind} ${name} was changed by somebody else at each of ${tries} tries`
  throw new Fault('ClusterRefused', what, { path: 'spec.target.name', remedy: 'find out who else writes it' })
}
