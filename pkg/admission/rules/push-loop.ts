import type { ExternalSecret, PushSecret } from '#api'
import { show } from '#core'
import { dataSites, extractSites, isInRead, itemPath, type StoreName } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

/** An item that is named, by a store that is named, and where. */
interface Named {
  readonly path: string
  readonly item: string
  readonly property: string | undefined
  /** Undefined where labels choose the stores. */
  readonly stores: readonly StoreName[] | undefined
}

const readBy = ({ spec }: ExternalSecret): readonly Named[] =>
  [...dataSites(spec), ...extractSites(spec)].map(({ path, ref, store }) => ({
    path: `${path}.key`,
    item: itemPath(ref.key),
    property: ref.property,
    stores: [store],
  }))

const pushedBy = ({ spec }: PushSecret): readonly Named[] => {
  const named = spec.secretStoreRefs.flatMap(({ kind, name, labelSelector }) =>
    name && !labelSelector ? [{ kind, name }] : [],
  )
  const stores = named.length === spec.secretStoreRefs.length ? named : undefined
  return [
    ...(spec.data ?? []).map(({ match: { remoteRef } }, index) => ({
      path: `spec.data[${index}].match.remoteRef.remoteKey`,
      item: itemPath(remoteRef.remoteKey),
      property: remoteRef.property,
      stores,
    })),
    // keys that each go to an item of their own are not known here
    ...(spec.dataTo ?? []).flatMap(({ storeRef, remoteKey }, index) =>
      remoteKey
        ? [
            {
              path: `spec.dataTo[${index}].remoteKey`,
              item: itemPath(remoteKey),
              property: undefined,
              stores:
                storeRef?.name && !storeRef.labelSelector ? [{ kind: storeRef.kind, name: storeRef.name }] : stores,
            },
          ]
        : [],
    ),
  ]
}

const shareStore = (a: Named, b: Named): boolean =>
  !a.stores ||
  !b.stores ||
  a.stores.some(one => b.stores?.some(other => other.kind === one.kind && other.name === one.name))

/** Whether what one writes is in what the other reads. */
const overlap = (read: Named, pushed: Named): boolean =>
  read.item === pushed.item && shareStore(read, pushed) && isInRead(pushed.property, read.property)

const outcome = 'while the two differ, nothing is pushed'

const doc =
  'No PushSecret writes an item from a Secret that an ExternalSecret makes from it: a warning, since while the two differ nothing is pushed.'

/** An ExternalSecret and a PushSecret on one item and one Secret would chase each other; the reconciler does not let them (pkg/reconcile/push/loop.ts). */
export const pushLoop: Rule<PushSecret> = {
  id: 'push-loop',
  doc,
  warns: true,
  check: (push, { partners }) => {
    const { namespace } = push.metadata
    const secret = push.spec.selector.secret?.name
    if (!partners || !namespace || !secret) return []
    const makers = partners.makersOf(namespace, secret).filter(({ spec }) => spec.target.creationPolicy !== 'None')
    return pushedBy(push).flatMap((pushed): Draft[] => {
      const maker = makers.find(each => readBy(each).some(read => overlap(read, pushed)))
      if (!maker) return []
      const message = `ExternalSecret ${show(maker.metadata.name)} makes Secret ${show(secret)} from this very item: ${outcome}`
      return [{ path: pushed.path, message, remedy: 'push to another item, or from another Secret', level: 'warn' }]
    })
  },
}

/** The same, seen from the other side. */
export const readLoop: Rule<ExternalSecret> = {
  id: 'push-loop',
  doc,
  warns: true,
  check: (object, { partners }) => {
    const { namespace, name } = object.metadata
    if (!partners || !namespace || object.spec.target.creationPolicy === 'None') return []
    const secret = object.spec.target.name ?? name
    const pushers = partners.pushersOf(namespace, secret)
    if (pushers.length === 0) return []
    return readBy(object).flatMap((read): Draft[] => {
      const pusher = pushers.find(each => pushedBy(each).some(pushed => overlap(read, pushed)))
      if (!pusher) return []
      const message = `PushSecret ${show(pusher.metadata.name)} pushes Secret ${show(secret)} to this very item: ${outcome}`
      return [{ path: read.path, message, remedy: 'read another item, or make another Secret', level: 'warn' }]
    })
  },
}
