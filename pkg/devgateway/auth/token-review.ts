import http from 'node:http'
import https from 'node:https'
import { z } from 'zod'
import { textOf } from '../file-text.ts'
import type { Cluster } from '../identity.ts'
import { misconfigured } from '../refusal.ts'

const timeoutMs = 10e3
const first = z
  .array(z.string())
  .default([])
  .transform(values => values.slice(0, 1))

const TokenReview = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    user: z
      .object({
        username: z.string().default(''),
        uid: z.string().default(''),
        extra: z
          .object({
            'authentication.kubernetes.io/pod-name': first,
            'authentication.kubernetes.io/pod-uid': first,
          })
          .prefault({}),
      })
      .prefault({}),
    audiences: z.array(z.string()).default([]),
  }),
})

/** What the API server says of a token that it believes. */
export interface Reviewed {
  readonly username: string
  readonly uid: string
  readonly podName: readonly string[]
  readonly podUid: readonly string[]
  /** Those of the wanted audiences that the token is for. */
  readonly audiences: readonly string[]
}

const post = (url: string, options: https.RequestOptions, body: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http
    const sent = request(url, { ...options, method: 'POST', signal: AbortSignal.timeout(timeoutMs) }, answer => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }))
    })
    sent.on('error', reject).end(body)
  })

const ask = async (cluster: Cluster, body: string): Promise<{ status: number; text: string }> => {
  const bearer = (await textOf(cluster.token, 'the token of the reviewer')).trim()
  const ca = cluster.ca && (await textOf(cluster.ca, 'the CA of the cluster'))
  const url = `${cluster.server.replace(/\/+$/, '')}/apis/authentication.k8s.io/v1/tokenreviews`
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  try {
    return await post(url, { headers, agent: false, ...(ca && { ca }) }, body)
  } catch {
    throw misconfigured(`the API server of ${cluster.name} cannot be reached`)
  }
}

const read = (text: string) => {
  try {
    return TokenReview.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/**
 * Has the cluster itself judge a token. Undefined where it does not believe it; throws a 500 where the cluster cannot be asked, which
 * is nobody's failed login. Its clock is the API server's, not the gateway's.
 */
export const reviewToken = async (
  cluster: Cluster,
  token: string,
  audiences: readonly string[],
): Promise<Reviewed | undefined> => {
  const spec = { token, ...(audiences.length > 0 && { audiences }) }
  const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec }
  const { status, text } = await ask(cluster, JSON.stringify(asked))
  const review = status === 200 || status === 201 ? read(text) : undefined
  if (!review) throw misconfigured(`the API server of ${cluster.name} does not review tokens: HTTP ${status}`)
  const { authenticated, user, audiences: matched } = review.status
  // an API server that names no audience has not looked at them
  if (!authenticated || (audiences.length > 0 && matched.length === 0)) return undefined
  const { username, uid, extra } = user
  return {
    username,
    uid,
    podName: extra['authentication.kubernetes.io/pod-name'],
    podUid: extra['authentication.kubernetes.io/pod-uid'],
    audiences: matched,
  }
}
