import { ExternalSecretSpec } from '#api'
import { Fault } from '#core'
import { type DecodingStrategy, decode } from '../../../pkg/materialize/decode.ts'
import { extract } from '../../../pkg/materialize/extract.ts'
import { type ByteText, toByteText } from '../../../pkg/materialize/json/cursor.ts'
import { property } from '../../../pkg/materialize/property.ts'
import { extractSites } from '../../../pkg/materialize/refs.ts'
import type { Document } from '../../oracle/oracle.ts'

const byteText = (document: Document): ByteText =>
  'bytes' in document ? Buffer.from(document.bytes, 'base64').toString('latin1') : toByteText(document.text)
const base64 = (text: ByteText): string => Buffer.from(text, 'latin1').toString('base64')

/** Base64 of the property, or why there is none. */
export const readProperty = (document: Document, path: string): string => {
  const found = property(byteText(document), toByteText(path))
  return found.is === 'value' ? base64(found.text) : found.is
}

/** Base64 of the decoded bytes; null where the text is not what the strategy says. */
export const readDecoded = (document: Document, strategy: DecodingStrategy): string | null => {
  const out = decode(byteText(document), strategy)
  return out === undefined ? null : base64(out)
}

const [site] = extractSites(ExternalSecretSpec.parse({ dataFrom: [{ extract: { key: '/a' } }] }))

/** Names and values, base64, by name; null where the document is no JSON object. */
export const readMembers = (document: Document): [name: string, base64: string][] | null => {
  const found = extract(site!, { text: byteText(document), type: 'STATIC_SECRET' })
  if (found instanceof Fault) return null
  return byName([...found].map(([name, value]) => [name, value.reveal().toString('base64')]))
}

export const byName = (pairs: [string, string][]): [string, string][] => pairs.sort(([a], [b]) => (a < b ? -1 : 1))

const absent = new Set(['absent', 'plain-text'])
const isPattern = /^[@[{!]|\.[@[{]|[*?|#]|^\.\./

/** gjson's answer: `out` is base64, undefined where it finds nothing. */
export interface Wanted {
  readonly valid: boolean
  readonly out: string | undefined
}

/**
 * Equal to gjson, or a refusal: `pattern` only for paths that have such characters, `damaged` only where the document is no JSON.
 * Returns what is wrong, or undefined.
 */
export const differs = (document: Document, path: string, { valid, out }: Wanted): string | undefined => {
  const got = readProperty(document, path)
  if (got === 'pattern') return isPattern.test(path) ? undefined : 'refused as a pattern'
  if (got === 'damaged') return valid ? 'called damaged, yet the document is valid' : undefined
  if (absent.has(got)) return out === undefined ? undefined : 'not found, gjson finds it'
  return got === out ? undefined : `${Buffer.from(got, 'base64')}, gjson says ${out && Buffer.from(out, 'base64')}`
}
