import { isUtf8 } from 'node:buffer'
import { Fault, Sensitive, show } from '#core'

/** How the values of an entry travel: as they are, or in base64 where metadata asks for it. */
export type Encoding = 'none' | 'base64'

const encodings: readonly unknown[] = ['none', 'base64']

const isEncoding = (text: unknown): text is Encoding => encodings.includes(text)

/** `metadata.encoding` of an entry; what else is in metadata is for other providers. */
export const encodingOf = (metadata: unknown, path: string): Encoding | Fault => {
  const asked = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'encoding') : undefined
  if (asked === undefined) return 'none'
  if (isEncoding(asked)) return asked
  return new Fault('SpecInvalid', 'is no encoding', {
    path: `${path}.metadata.encoding`,
    remedy: 'write base64, or leave it out',
  })
}

/** The value of a key as an item can hold it: an item holds text, so that other bytes would come back as others. */
export const sendable = (value: Sensitive, key: string, encoding: Encoding, path: string): Sensitive | Fault => {
  const bytes = value.reveal()
  if (encoding === 'base64') return Sensitive.text(bytes.toString('base64'))
  if (isUtf8(bytes)) return value
  return new Fault('ValueInvalid', `the value of key ${show(key)} is not UTF-8, and an item holds text`, {
    path,
    remedy: 'write metadata: {encoding: base64} beside match, and decodingStrategy: Base64 where it is read',
  })
}
