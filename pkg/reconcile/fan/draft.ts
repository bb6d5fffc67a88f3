import { isDeepStrictEqual } from 'node:util'
import { group, type OwnerRef } from '#api'
import { forceSyncAnnotations } from '../marks.ts'
import { type FanTraits, fanKey, fanKinds, isFanKind, type Wish, wishOf } from './kinds.ts'
import type { Child, ChildBody, FanObject } from './port.ts'

/** A cluster-scoped object and what it asks for, computed once a pass. */
export interface Fan {
  readonly object: FanObject
  readonly traits: FanTraits
  readonly wish: Wish
}

export const fanOf = (object: FanObject): Fan => ({ object, traits: fanKinds[object.kind], wish: wishOf(object) })

type Texts = Readonly<Record<string, string>>

/** As ESO's controllers write it (compatibility.md §5). */
const ownerReference = ({ object, traits }: Fan): OwnerRef => ({
  apiVersion: traits.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  uid: object.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
})

const pick = (texts: Texts | undefined): Texts =>
  Object.fromEntries(forceSyncAnnotations.flatMap(key => (texts?.[key] === undefined ? [] : [[key, texts[key]]])))

/**
 * A force-sync of the cluster-scoped object is its children's too, as in ESO. One that a person gave to a single child stays: were it
 * taken off, that would be one more sync, and of a dynamic item one more lease.
 */
const annotationsOf = ({ object, wish }: Fan, child: Child | undefined): Texts => ({
  ...pick(child?.metadata.annotations),
  ...wish.metadata.annotations,
  ...pick(object.metadata.annotations),
})

/** The child as it should be in a namespace: new, or in the place of what is there. Owners and finalizers that others gave it stay. */
export const draft = (fan: Fan, namespace: string, child?: Child): ChildBody => ({
  ...fan.traits.child,
  metadata: {
    ...child?.metadata,
    name: fan.wish.childName,
    namespace,
    labels: { ...fan.wish.metadata.labels },
    annotations: annotationsOf(fan, child),
    ownerReferences: child?.metadata.ownerReferences ?? [ownerReference(fan)],
  },
  spec: fan.wish.spec,
})

/** What of a child is its maker's: the rest is not compared. */
const owned = ({ metadata, spec }: Child | ChildBody) => [{ ...metadata.labels }, { ...metadata.annotations }, spec]

/** Both specs have been read by one schema, which fills in what the API server does. */
export const isSame = (child: Child, body: ChildBody): boolean => isDeepStrictEqual(owned(child), owned(body))

/** One text for the same content. */
export const contentOf = (object: Child | ChildBody): string => JSON.stringify(owned(object))

/** The cluster-scoped object that controls a child, as fanKey names it, with its uid. */
export const makerOf = ({ metadata }: Child): { readonly key: string; readonly uid: string } | undefined => {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  if (!owner || owner.apiVersion.split('/')[0] !== group || !isFanKind(owner.kind)) return undefined
  return { key: fanKey(owner.kind, owner.name), uid: owner.uid }
}

/** Whether this very object controls the child: the uid counts, not the name. */
export const isMadeBy = (child: Child, { object }: Fan): boolean => makerOf(child)?.uid === object.metadata.uid
