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

const formOf = (value: Sensitive, encoding: Encoding): Sensitive | undefined => {
  const bytes = value.reveal()
  if (encoding === 'base64') return Sensitive.text(bytes.toString('base64'))
  return isUtf8(bytes) ? value : undefined
}

/** Values as an item can hold them: each form is made once, however many entries send it. */
export class Forms {
  readonly #made = { none: new Map<Sensitive, Sensitive | undefined>(), base64: new Map<Sensitive, Sensitive>() }

  /** Undefined where it has none: an item holds text, so that other bytes would come back as others. */
  of(value: Sensitive, encoding: Encoding): Sensitive | undefined {
    const made: Map<Sensitive, Sensitive | undefined> = this.#made[encoding]
    if (!made.has(value)) made.set(value, formOf(value, encoding))
    return made.get(value)
  }
}

export const notText = (key: string, path: string): Fault =>
  new Fault('ValueInvalid', `the value of key ${show(key)} is not UTF-8, and an item holds text`, {
    path,
    remedy: 'write metadata: {encoding: base64} beside match, and decodingStrategy: Base64 where it is read',
  })
