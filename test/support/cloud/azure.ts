// Azure: the token endpoint of Entra (v2.0), and IMDS with managed identities.
import type { KeyObject } from 'node:crypto'
import { createIssuer, type Issuer, partsOf, verified } from './jwt.ts'
import { isMeant, type Reply, type Scope, serve } from './serve.ts'

export interface Application {
  readonly secret?: string
  readonly certificate?: { readonly key: KeyObject; readonly thumbprint: string }
  readonly federated?: { readonly issuer: Issuer; readonly subject: string }
}

interface Tenant {
  readonly tenant: string
  readonly applications: ReadonlyMap<string, Application>
  readonly now?: () => number
  readonly lifeSeconds?: number
}

/** Stands in every refusal: none of it may get into a message. */
export const entraWords = 'canary-entra-words'

const resources = [
  'https://management.azure.com',
  'https://management.usgovcloudapi.net',
  'https://management.chinacloudapi.cn',
]
const bearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const refuse = (status: number, code: number, error = 'invalid_client'): Reply => ({
  status,
  body: { error, error_description: `AADSTS${code}: ${entraWords}`, error_codes: [code], trace_id: entraWords },
})

/** The error code of a JWT that does not prove the application, or undefined. */
const assertionFault = (
  jwt: string,
  id: string,
  app: Application,
  audience: string,
  now: number,
): number | undefined => {
  const { header, claims } = partsOf(jwt) ?? {}
  const { certificate, federated } = app
  if (header?.['x5t#S256'] !== undefined) {
    if (header['x5t#S256'] !== certificate?.thumbprint) return 700027
    const said = certificate && verified(jwt, certificate.key, 'PS256', now)
    if (!said) return 700027
    return said['aud'] === audience && said['iss'] === id && said['sub'] === id && said['jti'] ? undefined : 700027
  }
  if (!federated || claims?.['iss'] !== federated.issuer.issuer) return 700211
  const said = verified(jwt, federated.issuer.publicKey, 'RS256', now)
  if (!said) return 700024
  if (![said['aud']].flat().includes('api://AzureADTokenExchange')) return 700212
  return said['sub'] === federated.subject ? undefined : 700213
}

const proofFault = (form: URLSearchParams, id: string, app: Application, audience: string, now: number) => {
  const secret = form.get('client_secret')
  if (secret !== null) return secret === app.secret ? undefined : 7000215
  if (form.get('client_assertion_type') !== bearer) return 7000218
  return assertionFault(form.get('client_assertion') ?? '', id, app, audience, now)
}

/** Entra; its access tokens are JWTs that `issuer` has signed. */
export const startEntra = async (t: Scope, { tenant, applications, now = Date.now, lifeSeconds = 3599 }: Tenant) => {
  const issuer = createIssuer(`https://sts.windows.net/${tenant}/`)
  const served = await serve(t, ({ method, url, headers, body }): Reply => {
    const [, who, ...path] = url.pathname.split('/')
    if (method !== 'POST' || path.join('/') !== 'oauth2/v2.0/token') return { status: 404 }
    if (who !== tenant) return refuse(400, 90002, 'invalid_request')
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return refuse(400, 900144, 'invalid_request')
    const form = new URLSearchParams(body)
    if (form.get('grant_type') !== 'client_credentials') return refuse(400, 70003, 'unsupported_grant_type')
    const resource = resources.find(each => form.get('scope') === `${each}/.default`)
    if (!resource) return refuse(400, 70011, 'invalid_scope')
    const id = form.get('client_id') ?? ''
    const app = applications.get(id)
    if (!app) return refuse(400, 700016, 'unauthorized_client')
    const fault = proofFault(form, id, app, `https://${headers.host}${url.pathname}`, now())
    if (fault !== undefined) return refuse(401, fault)
    const exp = Math.floor(now() / 1000) + lifeSeconds
    const access_token = issuer.token({ aud: resource, appid: id, tid: tenant, exp })
    return { body: { token_type: 'Bearer', expires_in: lifeSeconds, ext_expires_in: lifeSeconds, access_token } }
  })
  return { ...served, issuer }
}

interface Machine {
  /** Object ids of the identities by their client ids; the first is taken where nobody is named. */
  readonly identities: ReadonlyMap<string, string>
  /** What is answered first, one status after the other. */
  readonly troubles?: number[]
  readonly environment?: string
  /** Asked by its own address. */
  readonly here?: boolean
}

/** IMDS of Azure. Numbers are texts, as there. */
export const startAzureImds = async (t: Scope, { identities, troubles = [], environment, here = false }: Machine) => {
  const issuer = createIssuer('https://sts.windows.net/machine/')
  const bad = (): Reply => ({ status: 400, body: { error: 'invalid_request', error_description: 'canary-imds-words' } })
  const served = await serve(t, ({ method, url, headers }): Reply => {
    if (headers['metadata'] !== 'true' || headers['x-forwarded-for'] || method !== 'GET') return bad()
    if (!isMeant(url.host, '169.254.169.254', here) || !url.searchParams.get('api-version')) return bad()
    if (url.pathname === '/metadata/instance/compute/azEnvironment') {
      return environment === undefined ? { status: 404 } : { body: environment }
    }
    if (url.pathname !== '/metadata/identity/oauth2/token') return { status: 404 }
    const trouble = troubles.shift()
    if (trouble !== undefined) return { status: trouble, body: 'canary-imds-words' }
    const resource = url.searchParams.get('resource')?.replace(/\/$/, '') ?? ''
    if (!resources.includes(resource)) return bad()
    const object = url.searchParams.get('object_id')
    const client = url.searchParams.get('client_id')
    const entry = [...identities].find(([c, o]) => (object ? o === object : client ? c === client : true))
    if (!entry) return bad()
    const exp = Math.floor(Date.now() / 1000) + 86_400
    const access_token = issuer.token({ aud: resource, appid: entry[0], oid: entry[1], exp })
    return { body: { access_token, expires_in: '86400', expires_on: String(exp), resource, token_type: 'Bearer' } }
  })
  return { ...served, issuer }
}
