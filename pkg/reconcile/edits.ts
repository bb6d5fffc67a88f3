import { isDeepStrictEqual } from 'node:util'
import type { ObjectMeta } from '#api'

/** What of metadata a person changes; the rest moves with every status write. */
const edits = ({ uid, generation, labels, annotations, deletionTimestamp, finalizers }: ObjectMeta) => [
  uid,
  generation,
  { ...labels },
  { ...annotations },
  deletionTimestamp,
  [...(finalizers ?? [])],
]

/** Whether nobody has edited the object in between; a status that was written is no edit. */
export const isUnedited = (a: ObjectMeta, b: ObjectMeta): boolean => isDeepStrictEqual(edits(a), edits(b))
