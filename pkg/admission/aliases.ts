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

/**
 * The JSON patch that moves spellings of the guides to where the schema has them (decision 24): a serviceAccountRef beside
 * authSecretRef goes into it. Nothing where its place is taken; applied twice it does nothing the second time.
 */
export const aliasPatch = (object: unknown): readonly Operation[] => {
  const provider = valueAt(object, place)
  if (!isObject(provider) || !isObject(valueAt(provider, ['serviceAccountRef']))) return []
  const auth = valueAt(provider, ['authSecretRef'])
  const base = `/${place.join('/')}`
  if (auth !== undefined && (!isObject(auth) || Object.hasOwn(auth, 'serviceAccountRef'))) return []
  const path = `${base}/authSecretRef`
  return [
    ...(auth === undefined ? [{ op: 'add', path, value: {} } as const] : []),
    { op: 'move', from: `${base}/serviceAccountRef`, path: `${path}/serviceAccountRef` },
  ]
}

/** The answer of the mutating webhook: allows everything, patches aliases only. Pure. */
export const mutate = (review: unknown): AdmissionAnswer =>
  answering(review, ({ uid, operation, object }) => {
    const patch = operation === 'CREATE' || operation === 'UPDATE' ? aliasPatch(object) : []
    if (patch.length === 0) return answer({ uid, allowed: true })
    return answer({
      uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    })
  })
