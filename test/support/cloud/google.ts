// Google: the metadata server of a machine or pod, and the token endpoint for key files.
import type { KeyObject } from 'node:crypto'
import { createIssuer, partsOf, verified } from './jwt.ts'
import { isMeant, type Reply, type Scope, serve } from './serve.ts'

const accounts = 'https://accounts.google.com'
const path = '/computeMetadata/v1/instance/service-accounts/default/identity'

interface Metadata {
  readonly lifeSeconds?: number
  /** Asked by its own address. */
  readonly here?: boolean
}

/** The metadata server; `email` undefined is a machine without a service account. */
export const startGcpMetadata = async (
  t: Scope,
  email: string | undefined,
  { lifeSeconds = 3600, here = false }: Metadata = {},
) => {
  const issuer = createIssuer(accounts)
  const answer = (audience: string | null): Reply => {
    const headers = { 'metadata-flavor': 'Google', server: 'Metadata Server for VM' }
    if (email === undefined) return { status: 404, headers, body: 'canary-metadata-words' }
    if (!audience) return { status: 400, headers, body: 'canary-metadata-words' }
    const exp = Math.floor(Date.now() / 1000) + lifeSeconds
    return { headers, body: issuer.token({ aud: audience, email, email_verified: true, exp }) }
  }
  const served = await serve(t, ({ method, url, headers }) => {
    if (headers['metadata-flavor'] !== 'Google' || headers['x-forwarded-for']) return { status: 403 }
    if (method !== 'GET' || !isMeant(url.host, 'metadata.google.internal', here) || url.pathname !== path)
      return { status: 404 }
    return answer(url.searchParams.get('audience'))
  })
  return { ...served, issuer }
}

interface Account {
  readonly email: string
  readonly keyId: string
  readonly key: KeyObject
}

/** The token endpoint: takes a JWT that the service account has signed within the hour. */
export const startGoogleTokens = async (t: Scope, account: Account, now: () => number = Date.now) => {
  const issuer = createIssuer(accounts)
  const refuse = (error: string): Reply => ({ status: 400, body: { error, error_description: 'canary-google-words' } })
  const served = await serve(t, ({ method, url, headers, body }) => {
    if (method !== 'POST' || url.pathname !== '/token' || url.host !== 'oauth2.googleapis.com') return { status: 404 }
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return refuse('invalid_request')
    const form = new URLSearchParams(body)
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return refuse('unsupported_grant_type')
    const jwt = form.get('assertion') ?? ''
    if (partsOf(jwt)?.header['kid'] !== account.keyId) return refuse('invalid_grant')
    const claims = verified(jwt, account.key, 'RS256', now())
    if (claims?.['iss'] !== account.email || claims['aud'] !== `https://${url.host}/token`)
      return refuse('invalid_grant')
    const { exp, iat, target_audience: audience } = claims
    if (typeof iat !== 'number' || Number(exp) - iat > 3600 || iat > now() / 1000 + 300) return refuse('invalid_grant')
    if (typeof audience !== 'string' || !audience) return refuse('invalid_scope')
    return { body: { id_token: issuer.token({ aud: audience, email: account.email, email_verified: true, exp }) } }
  })
  return { ...served, issuer }
}
