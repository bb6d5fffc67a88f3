import { Fault, Sensitive } from '#core'
import { type Exact, parseExact } from './json.ts'
import { Refusal } from './refusal.ts'

/** Fields of a request, in Akeyless' kebab-case; secrets stay wrapped until the bytes are made here. */
export type Fields = Readonly<Record<string, string | number | boolean | readonly string[] | Sensitive | undefined>>

// this file is the one place of the module where secrets become bytes

/** The body of a request. */
export const encode = (fields: Fields): Buffer => {
  const open = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Sensitive ? value.reveal().toString('utf8') : value,
  ])
  return Buffer.from(JSON.stringify(Object.fromEntries(open)))
}

/** Without the white space around it that editors and `echo` leave. */
export const trimmed = (text: Sensitive): Sensitive => {
  const whole = text.reveal().toString('latin1')
  const inner = whole.trim()
  return inner.length === whole.length ? text : Sensitive.bytes(Buffer.from(inner, 'latin1'))
}

/** Standard base64, as proofs travel. */
export const base64 = (bytes: Sensitive): Sensitive => Sensitive.text(bytes.reveal().toString('base64'))

/** True where the type says JSON, or the first character does: proxies answer in HTML or plain text with any status. */
export const looksLikeJson = (contentType: string, body: Buffer): boolean =>
  /\bjson\b/i.test(contentType) || /^\s*[[{]/.test(body.toString('latin1', 0, 64))

/** The `error` text of a refusal: read to tell two meanings of one status apart, never shown. */
export const errorText = (body: Buffer): string => {
  try {
    const answer: unknown = JSON.parse(body.toString('utf8'))
    const text: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'error') : undefined
    return typeof text === 'string' ? text : ''
  } catch {
    return ''
  }
}

const notAkeyless = (host: string, op: string, what: string): Refusal =>
  new Refusal(
    'foreign',
    new Fault('GatewayAnswerInvalid', `gateway ${host} answered ${op} with ${what}`, {
      remedy: 'check that akeylessGWApiURL leads to the Akeyless API',
    }),
  )

/** An answer of 200 that is of no use; `what` is our own description of it. */
export const useless = notAkeyless

/** A body as JSON with numbers and keys kept as written; throws Refusal for anything but an object. */
export const parseObject = (body: Buffer, host: string, op: string): ReadonlyMap<string, Exact> => {
  let answer: Exact
  try {
    answer = parseExact(body.toString('utf8'))
  } catch {
    throw notAkeyless(host, op, 'something that is not JSON')
  }
  if (!(answer instanceof Map)) throw notAkeyless(host, op, 'JSON that is not an object')
  return answer
}
