import type { PushSecret, PushSecretSpec, PushStoreRef } from '#api'
import { show } from '#core'
import { itemPath } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

/** One thing that is written: through which stores, to which item, and to which property of it. */
interface Push {
  readonly entry: string
  readonly path: string
  /** Empty: through all of them. */
  readonly store: string
  readonly item: string
  /** Empty: all that there is to be in it. */
  readonly property: string
  /** Whether the item is to hold one value, and so no property of another entry. */
  readonly isValue: boolean
}

const storeOf = ({ name, labelSelector, kind }: PushStoreRef): string =>
  labelSelector ? `${kind} ${JSON.stringify(labelSelector)}` : `${kind}/${name}`

const pushesOf = ({ data = [], dataTo = [] }: PushSecretSpec): readonly Push[] => [
  ...data.map(({ match: { secretKey, remoteRef } }, index) => ({
    entry: `spec.data[${index}]`,
    path: `spec.data[${index}].match.remoteRef`,
    store: '',
    item: itemPath(remoteRef.remoteKey),
    property: remoteRef.property ?? '',
    // without a key it is the whole Secret, whose keys become members beside others
    isValue: Boolean(secretKey) && !remoteRef.property,
  })),
  ...dataTo.flatMap(({ storeRef, remoteKey }, index) =>
    storeRef && remoteKey
      ? [
          {
            entry: `spec.dataTo[${index}]`,
            path: `spec.dataTo[${index}].remoteKey`,
            store: storeOf(storeRef),
            item: itemPath(remoteKey),
            property: '',
            isValue: false,
          },
        ]
      : [],
  ),
]

/** Entries that push each key to an item of its name, and pick and name them alike. */
const alike = ({ dataTo = [] }: PushSecretSpec): readonly Draft[] => {
  const seen = new Map<string, string>()
  return dataTo.flatMap(({ storeRef, remoteKey, match, rewrite = [] }, index): Draft[] => {
    if (!storeRef || remoteKey) return []
    const id = JSON.stringify([storeOf(storeRef), match?.regexp ?? '', rewrite])
    const path = `spec.dataTo[${index}]`
    const earlier = seen.get(id)
    if (earlier) return [{ path, message: `pushes the same keys to the same items as ${earlier}`, remedy: 'remove it' }]
    seen.set(id, path)
    return []
  })
}

const same = ({ path, item, property }: Push, earlier: Push): Draft => {
  const place = property ? `property ${show(property)} of ${show(item)}` : show(item)
  return { path, message: `${earlier.entry} pushes to ${place} too`, remedy: 'give each entry a place of its own' }
}

const mixed = (push: Push, earlier: Push): Draft | undefined => {
  const [whole, part] = push.property ? [earlier, push] : [push, earlier]
  if (!whole.isValue) return undefined
  const message = `${whole.entry} writes one value to ${show(push.item)}, and ${part.entry} a property of it`
  return { path: push.path, message, remedy: 'give both a property, or push to another item' }
}

/** What was seen at an item: who writes to all of it, the first of its properties, and each of them. */
interface Seen {
  readonly whole?: Push
  readonly part?: Push
  readonly parts: Map<string, Push>
}

const clash = (push: Push, { whole, part, parts }: Seen): Draft | undefined => {
  const equal = push.property ? parts.get(push.property) : whole
  if (equal) return same(push, equal)
  const other = push.property ? whole : part
  return other && mixed(push, other)
}

const noted = (push: Push, { whole, part, parts }: Seen): Seen => {
  if (!push.property) return { whole: whole ?? push, ...(part && { part }), parts }
  if (!parts.has(push.property)) parts.set(push.property, push)
  return { ...(whole && { whole }), part: part ?? push, parts }
}

/** Entries that the status would keep under one name, as ESO gives it: property b of item a, and item a/b. */
const sameNames = (pushes: readonly Push[]): readonly Draft[] => {
  const seen = new Map<string, Push>()
  return pushes.flatMap((push): Draft[] => {
    const name = push.property ? `${push.item}/${push.property}` : push.item
    const earlier = seen.get(name)
    if (!earlier) seen.set(name, push)
    if (!earlier || earlier.item === push.item) return []
    const message = `the status keeps it under one name with ${earlier.entry}, ${show(name)}`
    return [{ path: push.path, message, remedy: 'give one of the two another remoteKey' }]
  })
}

export const pushCollision: Rule<PushSecret> = {
  id: 'push-collision',
  doc: 'No two entries push to one item, or one property of it, in one store; and none pushes one value where another has a property.',
  check: ({ spec }) => {
    const seen = new Map<string, Seen>()
    const at = (store: string, item: string) => JSON.stringify([store, item])
    // an empty path is told by another rule
    const pushes = pushesOf(spec).filter(({ item }) => item.trim() !== '/')
    const drafts = pushes.flatMap(push => {
      const own = at(push.store, push.item)
      // entries of data come first, and go through every store
      const found = [...new Set([at('', push.item), own])].flatMap(id => {
        const before = seen.get(id)
        return (before && clash(push, before)) ?? []
      })
      seen.set(own, noted(push, seen.get(own) ?? { parts: new Map() }))
      return found.slice(0, 1)
    })
    return [...drafts, ...sameNames(pushes), ...alike(spec)]
  },
}
