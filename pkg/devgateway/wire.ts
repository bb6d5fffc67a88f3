import type { Body } from './operation.ts'
import { operations } from './operations/index.ts'
import { Refusal } from './refusal.ts'

/** What goes back over the wire. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

/** Name of the operation in a URL; `root` is a bare base, `unknown` is everything else. */
export const opIn = (url: string): string => {
  const path = (url.split('?')[0] ?? '').replace(/\/+$/, '')
  // the three base paths are equal: akeyless.md §8
  const op = path.replace(/^\/(?:api\/v2|v2)(?=\/|$)/, '').replace(/^\//, '')
  if (op === '') return 'root'
  return operations.has(op) ? op : 'unknown'
}

/** Requests are kebab-case with a few exceptions and older snake_case aliases: one spelling from here on. akeyless.md §1 */
const kebab = (body: object): Body => {
  const fields = Object.entries(body).filter(([, value]) => value !== null)
  const older = fields.filter(([name]) => name.includes('_')).map(([name, value]) => [name.replaceAll('_', '-'), value])
  return Object.fromEntries([...older, ...fields])
}

/** The body as an object; undefined where it is none. An empty body is an empty object. */
export const readBody = (raw: Buffer | undefined): Body | undefined => {
  if (!raw || raw.byteLength === 0) return {}
  try {
    const body: unknown = JSON.parse(raw.toString('utf8'))
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? kebab(body) : undefined
  } catch {
    return undefined
  }
}

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  text: JSON.stringify(value),
  headers: { 'content-type': 'application/json', ...headers },
})

/** A wrong base path is answered in plain text, not in JSON. akeyless.md §1.1 */
export const pageNotFound: Answer = {
  status: 404,
  text: '404 page not found\n',
  headers: { 'content-type': 'text/plain; charset=utf-8' },
}

/** A thrown Refusal as its answer; anything else is a 500 that quotes nothing. */
export const refusalAnswer = (thrown: unknown): Answer =>
  thrown instanceof Refusal
    ? json(thrown.status, { error: thrown.message }, thrown.headers)
    : json(500, { error: 'internal error' })
