import { Fault, type FaultCode } from '#core'
import { Refusal, type Why } from './refusal.ts'
import { retryAfterMs } from './retry-after.ts'
import { errorText, looksLikeJson } from './wire.ts'

/** An HTTP answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly encoding: string
  readonly retryAfter: string | undefined
  readonly body: Buffer
}

/** What a call was about, in words for its messages. */
export interface About {
  readonly host: string
  /** Path of the request: base and operation. */
  readonly path: string
  /** The operation, as `get-secret-value`. */
  readonly op: string
  /** The one item that was asked for, ready to be shown. */
  readonly item: string | undefined
}

const refuse = (why: Why, code: FaultCode, message: string, remedy?: string, retryAfter?: number): Refusal =>
  new Refusal(why, new Fault(code, message, { remedy, retryAfterMs: retryAfter }))

const wrongPath = ({ host, path }: About): Refusal =>
  refuse(
    'path',
    'GatewayAnswerInvalid',
    `gateway ${host} serves no Akeyless API at ${path}`,
    'give akeylessGWApiURL the base path of the API, usually /v2 or /api/v2',
  )

const absent = ({ item }: About): Refusal => {
  const message = item === undefined ? 'an item was not found' : `item ${item} not found`
  return refuse('absent', 'ItemNotFound', message, 'check the path, or create the item')
}

/** What an operation that writes asks for, and how it is said; every other one reads. */
const rights: Readonly<Record<string, { readonly right: string; readonly done: string }>> = {
  'create-secret': { right: 'create', done: 'created' },
  'update-secret-val': { right: 'update', done: 'written' },
  'delete-item': { right: 'delete', done: 'deleted' },
}

/** The refusal of an identity that lacks the right to an operation. */
export const denied = ({ item, op }: Pick<About, 'item' | 'op'>): Refusal => {
  const { right, done } = rights[op] ?? { right: 'read', done: 'read' }
  return refuse(
    'denied',
    'AccessDenied',
    item === undefined ? 'the identity may not do this' : `item ${item} may not be ${done} by this identity`,
    `grant ${right} on the path to the access role of the identity`,
  )
}

const conflict = ({ item }: About): Refusal =>
  refuse('conflict', 'RemoteConflict', `item ${item ?? ''} was written by somebody else at the same time`)

const unauthorized = (about: About, body: Buffer): Refusal => {
  // one status for two things: only the text tells a bad token from a missing permission (akeyless.md §1.1)
  if (/unauthorized\s?access/i.test(errorText(body))) return denied(about)
  return refuse('token', 'AccessDenied', `gateway ${about.host} does not accept the token of this identity`)
}

const tooMany = (about: About, answer: Answer, now: number): Refusal =>
  refuse(
    'rate',
    'RateLimited',
    `gateway ${about.host} answers that there are too many requests`,
    'lengthen refreshInterval, or raise the limit',
    retryAfterMs(answer.retryAfter, errorText(answer.body) || answer.body.toString('utf8', 0, 1000), now),
  )

const invalid = (about: About, status: number): Refusal =>
  refuse(
    'invalid',
    'GatewayFailed',
    about.item === undefined
      ? `gateway ${about.host} refuses ${about.op} (HTTP ${status})`
      : `gateway ${about.host} refuses ${about.op} of item ${about.item} (HTTP ${status})`,
  )

const clientError = (answer: Answer, about: About, now: number): Refusal => {
  const { status } = answer
  const json = looksLikeJson(answer.contentType, answer.body)
  if (status === 429) return tooMany(about, answer, now)
  // the older API, which some ports serve at their root (akeyless.md §1)
  if (json && /^unknown command/i.test(errorText(answer.body))) return wrongPath(about)
  if (status === 404 || status === 405) return json && status === 404 ? absent(about) : wrongPath(about)
  if (!json)
    return refuse(
      'foreign',
      'GatewayAnswerInvalid',
      `gateway ${about.host} answered HTTP ${status} that is not from Akeyless`,
    )
  if (status === 401) return unauthorized(about, answer.body)
  if (status === 409 && rights[about.op] !== undefined) return conflict(about)
  return status === 403 ? denied(about) : invalid(about, status)
}

/**
 * The refusal in an answer, or undefined where it is a good one. Status first, words only where one status has two meanings;
 * no byte of the answer reaches a message (akeyless.md §1.1, security.md T2, T3).
 */
export const verdict = (answer: Answer, about: About, now: number): Refusal | undefined => {
  const { status } = answer
  if (status >= 500)
    return refuse('failed', 'GatewayFailed', `gateway ${about.host} failed (HTTP ${status}) at ${about.op}`)
  if (status >= 400) return clientError(answer, about, now)
  const foreign = (what: string) =>
    refuse(
      'foreign',
      'GatewayAnswerInvalid',
      `gateway ${about.host} answered ${about.op} with ${what}`,
      'check that akeylessGWApiURL leads to the Akeyless API',
    )
  if (status >= 300) return foreign(`a redirect (HTTP ${status}), which is never followed`)
  if (answer.encoding !== '' && answer.encoding !== 'identity')
    return foreign('a compressed body that was not asked for')
  if (!looksLikeJson(answer.contentType, answer.body)) return foreign('something that is not JSON')
  return undefined
}
