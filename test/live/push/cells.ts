// What must come of every updatePolicy, deletionPolicy, item and event: an oracle, and the objects of each cell.
import type { SeedItemInput } from '#devgateway'
import { type Json, readyOf } from '../../support/objects.ts'
import { finalizer, pushSecret, tag, to } from './stage.ts'

export const updates = ['Replace', 'IfNotExists'] as const
export const deletions = ['None', 'Delete'] as const
/**
 * What is in Akeyless before the PushSecret: nothing; ours with the value, with another one, protected from deletion; a person's,
 * without the tag; ours and no JSON. All but absent and plain hold a member of somebody else's, but protected, where ours is alone.
 */
export const items = ['absent', 'equal', 'different', 'untagged', 'protected', 'plain'] as const
/** present: the Secret is there. changed: it gets another value. gone: it is deleted. deleted: the PushSecret is. */
export const events = ['present', 'changed', 'gone', 'deleted'] as const

export type Update = (typeof updates)[number]
export type Deletion = (typeof deletions)[number]
export type Item = (typeof items)[number]
export type Event = (typeof events)[number]

export interface Cell {
  /** Of the PushSecret and of its Secret. */
  readonly name: string
  readonly path: string
  readonly update: Update
  readonly deletion: Deletion
  readonly item: Item
  readonly event: Event
}

export const cells: readonly Cell[] = updates.flatMap(update =>
  deletions.flatMap(deletion =>
    items.flatMap(item =>
      events.map(event => {
        const name = [update, deletion, item, event].join('-').toLowerCase()
        return { name, path: `/matrix/${name}`, update, deletion, item, event }
      }),
    ),
  ),
)

const others = '"other":12345678901234567890'
const held: Readonly<Record<Exclude<Item, 'absent'>, string>> = {
  equal: `{"k":"v1",${others}}`,
  different: `{"k":"old",${others}}`,
  untagged: `{"k":"old",${others}}`,
  protected: '{"k":"old"}',
  plain: 'plain text',
}

export const seedOf = ({ item, path }: Cell): readonly SeedItemInput[] =>
  item === 'absent'
    ? []
    : [
        {
          path,
          type: 'STATIC_SECRET',
          value: held[item],
          tags: item === 'untagged' ? ['theirs'] : [tag],
          deleteProtection: item === 'protected',
        },
      ]

export const manifestOf = ({ name, path, update, deletion }: Cell) =>
  pushSecret(name, { updatePolicy: update, deletionPolicy: deletion, data: [to(path, 'k', 'k')] })

export interface Seen {
  readonly object: Json | undefined
  readonly value: unknown
  readonly tags: readonly string[] | undefined
}

/** What is compared of a cell. */
export const summary = ({ object, value, tags }: Seen) => {
  const { status, reason, message } = readyOf(object) ?? {}
  return {
    value,
    tags,
    ready: object && `${status} ${reason}: ${message}`,
    recorded: object && Object.values<Json>(object.status?.syncedPushSecrets ?? {}).flatMap(each => Object.keys(each)),
    finalizers: object && (object.metadata.finalizers ?? []),
  }
}

const at = 'spec.data[0]'
const says = ({ name, path }: Cell) => ({
  synced: 'True Synced: PushSecret synced successfully',
  kept: 'True Synced: PushSecret synced successfully. Existing secrets in providers unchanged.',
  untagged: `False Errored: ${at}: item "${path}" exists, and no PushSecret made it → push to another item, or annotate the PushSecret with latchkey.dev/adopt-remote: "true"`,
  plain: `False Errored: ${at}: item "${path}" exists, and does not hold a JSON object → store a JSON object in it, push to another item, or name match.secretKey alone to replace its whole value`,
  missing: `False Errored: spec.selector.secret.name: there is no Secret "${name}" in this namespace → create it, or name another one`,
  cleaned: 'False SourceDeleted: source secret deleted; provider secrets cleaned up',
  protected: `False Errored: spec.deletionPolicy: item "${path}" is protected from deletion → take the protection off the item, or write deletionPolicy: None to leave it there`,
})
type Word = keyof ReturnType<typeof says>

/** The value while the Secret holds `v`, and what is said of it; `ours`: whether it is in the record. */
const pushed = ({ update, item }: Cell, v: string): { value: string; word: Word; ours: boolean } => {
  if (item === 'plain') return { value: held.plain, word: 'plain', ours: false }
  if (item === 'absent') {
    return update === 'Replace'
      ? { value: `{"k":"${v}"}`, word: 'synced', ours: true }
      : { value: '{"k":"v1"}', word: 'kept', ours: true }
  }
  if (update === 'IfNotExists') return { value: held[item], word: 'kept', ours: false }
  if (item === 'untagged') return { value: held.untagged, word: 'untagged', ours: false }
  const rest = item === 'protected' ? '' : `,${others}`
  return { value: `{"k":"${v}"${rest}}`, word: 'synced', ours: true }
}

/** What is left once all that is ours is deleted. */
const cleaned = ({ item }: Cell, value: string): string | undefined => {
  if (item === 'absent') return undefined
  return item === 'protected' ? value : `{${others}}`
}

const tagsOf = ({ item }: Cell, value: string | undefined): readonly string[] | undefined => {
  if (value === undefined) return undefined
  return item === 'untagged' ? ['theirs'] : [tag]
}

/** What there shall be once `event` has happened to the cell. */
export const wantedOf = (cell: Cell, event: Event) => {
  const { value, word, ours } = pushed(cell, event === 'changed' ? 'v2' : 'v1')
  const cleans = cell.deletion === 'Delete' && ours
  const isStuck = cleans && cell.item === 'protected'
  const recorded = ours ? [`${cell.path}/k`] : []
  // nothing is put on an object before it has something to push
  const finalizers = cell.deletion === 'Delete' ? [finalizer] : []
  const told = (after: { value: string | undefined; word: Word; recorded: readonly string[] }) => ({
    value: after.value,
    tags: tagsOf(cell, after.value),
    ready: says(cell)[after.word],
    recorded: after.recorded,
    finalizers,
  })
  if (event === 'present' || event === 'changed') return told({ value, word, recorded })
  const left = cleans ? cleaned(cell, value) : value
  if (isStuck) return told({ value, word: 'protected', recorded })
  if (event === 'gone') {
    return cleans
      ? told({ value: left, word: 'cleaned', recorded: [] })
      : told({ value: left, word: 'missing', recorded })
  }
  return { value: left, tags: tagsOf(cell, left), ready: undefined, recorded: undefined, finalizers: undefined }
}
