import { isDeepStrictEqual } from 'node:util'
import { type AdmissionAnswer, answer } from '#api'
import { answering } from './admit.ts'
import { valueAt } from './schema.ts'

export interface Operation {
  readonly op: 'add' | 'move'
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

const place = ['spec', 'provider', 'akeyless']
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const aliasOf = (object: unknown): unknown => valueAt(object, [...place, 'serviceAccountRef'])
const movedOf = (object: unknown): unknown => valueAt(object, [...place, 'authSecretRef', 'serviceAccountRef'])

/**
 * Whether what stands in the place is an alias that was moved there before: the stored object has it there and no alias. Whoever
 * applies the manifest again sends the alias again, perhaps another one: it says what is wanted now.
 */
const wasMoved = (object: unknown, prior: unknown): boolean =>
  aliasOf(prior) === undefined && isDeepStrictEqual(movedOf(prior), movedOf(object))

/**
 * The JSON patch that moves spellings of the guides to where the schema has them (decision 24): a serviceAccountRef beside
 * authSecretRef goes into it. Nothing where its place is taken by another; applied twice it does nothing the second time.
 * `prior` is the object before an update.
 */
export const aliasPatch = (object: unknown, prior?: unknown): readonly Operation[] => {
  const alias = aliasOf(object)
  if (!isObject(alias)) return []
  const auth = valueAt(object, [...place, 'authSecretRef'])
  if (auth !== undefined && !isObject(auth)) return []
  const taken = auth !== undefined && Object.hasOwn(auth, 'serviceAccountRef')
  if (taken && !isDeepStrictEqual(movedOf(object), alias) && !wasMoved(object, prior)) return []
  const base = `/${place.join('/')}`
  const path = `${base}/authSecretRef`
  return [
    ...(auth === undefined ? [{ op: 'add', path, value: {} } as const] : []),
    { op: 'move', from: `${base}/serviceAccountRef`, path: `${path}/serviceAccountRef` },
  ]
}

/** The answer of the mutating webhook: allows everything, patches aliases only. Pure. */
export const mutate = (review: unknown): AdmissionAnswer =>
  answering(review, ({ uid, operation, object, oldObject }) => {
    const patch = operation === 'CREATE' || operation === 'UPDATE' ? aliasPatch(object, oldObject) : []
    if (patch.length === 0) return answer({ uid, allowed: true })
    return answer({
      uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    })
  })
