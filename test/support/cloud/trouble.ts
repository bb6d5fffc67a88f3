// What a service that is not itself does to a caller.
import { nowhere, type Scope, serve } from './serve.ts'

/** Stands in every bad answer: none of it may get into a message. */
export const troubleWords = 'canary-trouble-words'

export interface Trouble {
  /** The origin to ask, and how often it was asked for what it redirects to. */
  start(t: Scope): Promise<{ url: string; followed: () => number }>
  /** What the message must say. */
  readonly says: RegExp
}

const bad = (answer: Parameters<typeof serve>[1]) => async (t: Scope) => ({
  ...(await serve(t, answer)),
  followed: () => 0,
})
const google = { 'metadata-flavor': 'Google' }

const redirecting = (status: number): Trouble => ({
  async start(t) {
    const target = await serve(t, () => ({ headers: google, body: troubleWords }))
    const { url } = await serve(t, () => ({ status, headers: { ...google, location: `${target.url}/latest` } }))
    return { url, followed: () => target.seen.length }
  },
  says: /redirect, which is never followed/,
})

export const troubles: Readonly<Record<string, Trouble>> = {
  away: {
    start: async t => ({ url: await nowhere(t), followed: () => 0 }),
    says: /does not answer: connection refused/,
  },
  slow: { start: bad(() => 'silence'), says: /has not answered in/ },
  'failing (500)': { start: bad(() => ({ status: 500, headers: google, body: troubleWords })), says: /HTTP 500/ },
  'garbage (HTML)': {
    start: bad(() => ({ headers: { ...google, 'content-type': 'text/html' }, body: `<html> ${troubleWords} </html>` })),
    says: /something that is no|without|gives no/,
  },
  'garbage (an empty JSON object)': {
    start: bad(() => ({ headers: google, body: '{ }' })),
    says: /something that is no|without|gives no/,
  },
  'garbage (members of another type)': {
    start: bad(() => ({
      headers: google,
      body: { access_token: { a: troubleWords }, id_token: [troubleWords], AccessKeyId: 7, SecretAccessKey: true },
    })),
    says: /something that is no|without|gives no/,
  },
  oversized: {
    start: bad(() => ({ headers: google, body: `${troubleWords}${'x'.repeat(70 * 1024)}` })),
    says: /more than 64 KiB/,
  },
  'redirect (302)': redirecting(302),
  'redirect (307)': redirecting(307),
}
