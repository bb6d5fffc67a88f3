// Every cell of the table as objects of one namespace, what is seen of them, and what should be.
import { createdByHash, dataHash, fieldManager } from '#core'
import { entry, externalSecret, type Json, readyOf, textsOf } from '../../support/objects.ts'
import {
  type Creation,
  creations,
  type Deletion,
  deletions,
  type Event,
  type Expected,
  events,
  expectedOf,
  forbidden,
  type Target,
  targets,
} from './table.ts'

const managed = 'reconcile.external-secrets.io/managed'
const createdBy = 'reconcile.external-secrets.io/created-by'
const hash = 'reconcile.external-secrets.io/data-hash'

export interface Cell {
  /** Of the ExternalSecret and of its Secret. */
  readonly name: string
  readonly creation: Creation
  readonly deletion: Deletion
  readonly target: Target
  readonly event: Event
}

export const cells: readonly Cell[] = creations.flatMap(creation =>
  deletions.flatMap(deletion =>
    targets.flatMap(target =>
      events.map(event => ({
        name: [creation, deletion, target, event].join('-').toLowerCase(),
        creation,
        deletion,
        target,
        event,
      })),
    ),
  ),
)

/** The two items of an event; all cells of it share them. */
export const itemsOf = (event: Event) => ({ a: `/policies/${event}/a`, b: `/policies/${event}/b` })

export const manifestOf = ({ name, creation, deletion, event }: Cell) => {
  const items = itemsOf(event)
  return externalSecret(name, {
    target: { creationPolicy: creation, deletionPolicy: deletion },
    data: [entry('a', items.a), entry('b', items.b)],
  })
}

const base64 = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))

export interface Owners {
  readonly rival: object
  readonly app: object
}

const personal = { app: 'theirs' }
const theirs = { own: 'theirs', a: 'theirs' }

/** The Secret that is there before the ExternalSecret, and who writes it. */
export const before = ({ name, target }: Cell, owners: Owners): { secret: object; manager: string } | undefined => {
  const person = (more: { metadata?: object; immutable?: boolean } = {}) => ({
    manager: 'kubectl',
    secret: { ...more, data: base64(theirs), metadata: { name, labels: personal, ...more.metadata } },
  })
  switch (target) {
    case 'absent':
      return undefined
    case 'ours': {
      const metadata = { name, labels: { [managed]: 'true' } }
      return { secret: { metadata, data: base64({ a: 'old', stale: 'old' }) }, manager: fieldManager(name) }
    }
    case 'foreign':
      return person()
    case 'rival':
      return person({ metadata: { ownerReferences: [owners.rival] } })
    case 'controlled':
      return person({ metadata: { ownerReferences: [owners.app] } })
    case 'immutable':
      return person({ immutable: true })
  }
}

/** What is on the server for a cell. */
export interface Seen {
  readonly secret: Json | undefined
  readonly externalSecret: Json | undefined
}

/** Versions of the Secrets: as they were before the ExternalSecret, and before the event. */
export interface Versions {
  readonly first: ReadonlyMap<string, string>
  readonly last: ReadonlyMap<string, string>
}

const marksOf = ({ metadata, data }: Json, namespace: string) => {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata
  const bytes = Object.entries<string>(data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const)
  return {
    managed: labels[managed],
    createdBy:
      labels[createdBy] === undefined ? undefined : labels[createdBy] === createdByHash(namespace, metadata.name),
    app: labels['app'],
    hash: annotations[hash] === undefined ? undefined : annotations[hash] === dataHash(new Map(bytes)),
    owners: ownerReferences.map(({ kind, name, uid }: Json) => ({ kind, name, uid })),
  }
}

/** What is compared of a cell. */
export const summary = ({ name }: Cell, { secret, externalSecret: object }: Seen, namespace: string) => {
  const { status, reason, message = '' } = readyOf(object) ?? {}
  return {
    version: secret?.metadata.resourceVersion,
    data: secret && textsOf(secret),
    marks: secret && marksOf(secret, namespace),
    ready: object && [status, reason, message.replace(/(?<=Secret kept as of )[\dTZ:.-]+$/, 'TIME')].join(' '),
    name,
  }
}

const value1 = { a: 'a1', b: 'b1' }
const value2 = { a: 'a2', b: 'b2' }
const own = { own: 'theirs' }
const dataBy: Readonly<Record<string, Record<string, string>>> = {
  ours1: value1,
  ours2: value2,
  'ours-a': { a: 'a1' },
  both1: { ...value1, ...own },
  both2: { ...value2, ...own },
  'both-a': { a: 'a1', ...own },
  empty: {},
  own,
  marked: theirs,
}

const gone = (path: string, index: number) =>
  `spec.data[${index}].remoteRef.key: item "${path}" not found → check the path, or create the item`

/** The Ready condition for a word of the table. */
const says = (cell: Cell, word: string): string => {
  const { name, creation, deletion, event } = cell
  const { a, b } = itemsOf(event)
  const failed = 'False SecretSyncedError'
  const target = `${failed} spec.target.name: Secret ${name}`
  const policy = `${failed} spec.target.deletionPolicy: Secret ${name}`
  const both = `${gone(a, 0)}; ${gone(b, 1)}`
  const words: Readonly<Record<string, string>> = {
    synced: 'True SecretSynced secret synced',
    lacking: `True SecretSynced secret synced; without ${event === 'half' ? gone(b, 1) : both}`,
    missing: 'True SecretMissing secret will not be created due to CreationPolicy=Merge',
    deleted: 'True SecretDeleted secret deleted due to DeletionPolicy=Delete',
    half: `${failed} ${gone(b, 1)}`,
    gone: `${failed} ${both}`,
    rival: `${target} belongs to ExternalSecret rival → choose another name`,
    controlled: `${target} belongs to ConfigMap app → choose another name`,
    frozen: `${target} is immutable and holds other data than Akeyless → delete Secret ${name}; it is made anew`,
    crowded: `${target} is immutable and takes no keys → choose another name, or replace it by a mutable one`,
    notowner: `${policy} is not deleted, because creationPolicy is not Owner → write deletionPolicy: Retain; ${both}`,
    notours: `${policy} is not this ExternalSecret's to delete → choose another name; ${both}`,
    forbidden: `${failed} ${forbidden[`${creation} ${deletion}`]}`,
  }
  return words[word] ?? `no such word: ${word}`
}

const keeps = (ready: string, secret: string): string =>
  secret === 'kept' && ready.startsWith('False') ? `${ready}; Secret kept as of TIME` : ready

const marksFor = (cell: Cell, { secret }: Expected, owners: Owners, object: Json) => {
  const { kind, name, uid }: Json = cell.target === 'rival' ? owners.rival : owners.app
  const others = ['rival', 'controlled'].includes(cell.target) ? [{ kind, name, uid }] : []
  const app = cell.target === 'ours' || cell.target === 'absent' ? undefined : 'theirs'
  if (secret === 'theirs') {
    return {
      managed: cell.target === 'ours' ? 'true' : undefined,
      createdBy: undefined,
      app,
      hash: undefined,
      owners: others,
    }
  }
  const isOurs = cell.creation === 'Owner'
  const us = { kind: 'ExternalSecret', name: cell.name, uid: object?.metadata.uid }
  return { managed: 'true', createdBy: isOurs ? true : undefined, app, hash: true, owners: isOurs ? [us] : others }
}

const firstData = (cell: Cell): Record<string, string> => (cell.target === 'ours' ? { a: 'old', stale: 'old' } : theirs)

/** The summary that the table asks for, once `event` has happened to the cell. */
export const wantedOf = (cell: Cell, event: Event, seen: Seen, owners: Owners, versions: Versions) => {
  const { creation, deletion, target } = cell
  const expected = expectedOf(creation, deletion, target, event)
  const made = expectedOf(creation, deletion, target, 'create').secret
  const known: Readonly<Record<string, string | undefined>> = {
    theirs: versions.first.get(cell.name),
    kept: versions.last.get(cell.name),
    none: undefined,
  }
  const version = Object.hasOwn(known, expected.secret) ? known[expected.secret] : seen.secret?.metadata.resourceVersion
  const isThere = expected.secret !== 'none'
  const data =
    expected.secret === 'theirs' ? firstData(cell) : dataBy[expected.secret === 'kept' ? made : expected.secret]
  return {
    version,
    data: isThere ? data : undefined,
    marks: isThere ? marksFor(cell, expected, owners, seen.externalSecret) : undefined,
    ready: expected.ready === '-' ? undefined : keeps(says(cell, expected.ready), expected.secret),
    name: cell.name,
  }
}
