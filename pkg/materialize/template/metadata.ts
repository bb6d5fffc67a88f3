import { Fault, type Sensitive } from '#core'
import { asText } from './bytes.ts'

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const prefix = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Whether Kubernetes takes a text as the key of a label or an annotation: a name of up to 63, with an optional domain and slash. */
export const isQualifiedName = (key: string): boolean => {
  const [first = '', second, ...more] = key.split('/')
  if (more.length > 0) return false
  return second === undefined ? name.test(first) : first.length <= 253 && prefix.test(first) && name.test(second)
}

/** Whether Kubernetes takes a text as the value of a label. */
export const isLabelValue = (text: string): boolean => text === '' || name.test(text)

/** What the annotations of an object may have together, keys and values. Bytes. */
export const maxAnnotations = 256 * 1024

export type Place = 'labels' | 'annotations'

const keys = {
  labels: isQualifiedName,
  // the API server lowers them before it looks
  annotations: (key: string) => isQualifiedName(key.toLowerCase()),
} as const satisfies Record<Place, (key: string) => boolean>

const one = { labels: 'a label', annotations: 'an annotation' } as const satisfies Record<Place, string>

/** A rendered label or annotation, or why Kubernetes would refuse it. `named` is the key in words: it may be made of a value. */
export const metadataText = (
  place: Place,
  { key, value }: { readonly key: string; readonly value: Sensitive },
  { path, named }: { readonly path: string; readonly named: string },
): string | Fault => {
  if (!keys[place](key)) {
    return new Fault('KeyInvalid', `${named} cannot be the key of ${one[place]}`, {
      path,
      remedy: 'use letters, digits, - _ . with an optional domain and / in front',
    })
  }
  const text = asText(value)
  if (text === undefined) {
    return new Fault('ValueInvalid', `the value of ${named} is not UTF-8`, {
      path,
      remedy: 'put bytes into data, or encode them with b64enc',
    })
  }
  if (place === 'annotations' || isLabelValue(text)) return text
  return new Fault('ValueInvalid', `the value of ${named} is not a valid label value`, {
    path,
    remedy: 'use up to 63 letters, digits, - _ . with a letter or digit at both ends',
  })
}

/** That the annotations are together more than an object may carry. */
export const annotationsTooLarge = (annotations: ReadonlyMap<string, string>, path: string): Fault[] => {
  let total = 0
  for (const [key, text] of annotations) total += Buffer.byteLength(key) + Buffer.byteLength(text)
  if (total <= maxAnnotations) return []
  const what = `the annotations have ${total} bytes, ${maxAnnotations} are allowed`
  return [new Fault('SecretTooLarge', what, { path, remedy: 'put long texts into data' })]
}
