import type { ByteText } from './json/cursor.ts'

export type DecodingStrategy = 'None' | 'Base64' | 'Base64URL' | 'Auto'

const alphabets = { Base64: /^[A-Za-z0-9+/]*={0,2}$/, Base64URL: /^[A-Za-z0-9_-]*={0,2}$/ }

/** Strict like Go's decoder, which Buffer is not: padding is a must, line breaks are passed over, nothing else is. */
const base64 = (text: ByteText, alphabet: keyof typeof alphabets): ByteText | undefined => {
  const packed = text.replaceAll(/[\r\n]/g, '')
  if (packed.length % 4 !== 0 || !alphabets[alphabet].test(packed)) return undefined
  return Buffer.from(packed, 'base64').toString('latin1')
}

const decoders = {
  None: text => text,
  Base64: text => base64(text, 'Base64'),
  Base64URL: text => base64(text, 'Base64URL'),
  Auto: text => base64(text, 'Base64') ?? base64(text, 'Base64URL') ?? text,
} satisfies Record<DecodingStrategy, (text: ByteText) => ByteText | undefined>

/** The decoded bytes (compatibility.md §2.3), or undefined where the text is not what the strategy says. */
export const decode = (text: ByteText, strategy: DecodingStrategy = 'None'): ByteText | undefined =>
  decoders[strategy](text)
