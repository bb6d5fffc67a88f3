// AWS STS: verifies SigV4 as it is specified, from the request as it arrives, and hands out keys for web identities.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { request } from 'undici'
import { type Issuer, partsOf, verified } from './jwt.ts'
import { type Reply, type Scope, type Seen, serve } from './serve.ts'

export interface KeyPair {
  readonly secret: string
  readonly session?: string
  readonly arn: string
  /** Milliseconds since 1970. */
  readonly ends?: number
}

export interface Role {
  readonly issuer: Issuer
  readonly subject: string
}

interface Options {
  readonly now?: () => number
  readonly keys?: ReadonlyMap<string, KeyPair>
  readonly roles?: ReadonlyMap<string, Role>
  /** The keys that a role gets; new ones each time where absent. */
  readonly mint?: () => { readonly id: string; readonly secret: string; readonly session: string }
}

/** Stands in every refusal: none of it may get into a message. */
export const stsWords = 'canary-sts-words'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

const refuse = (status: number, code: string): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${stsWords}</Message></Error></ErrorResponse>`,
})

const authorizationForm =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/sts\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/

const regionOfHost = (host: string): string | undefined =>
  host === 'sts.amazonaws.com' ? 'us-east-1' : host.match(/^sts\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/)?.[1]

const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

const signatureOf = ({ method, url, headers, body }: Seen, names: readonly string[], scope: string, secret: string) => {
  const lines = names.map(name => `${name}:${String(headers[name] ?? '').trim()}\n`).join('')
  const canonical = [method, url.pathname, url.search.slice(1), lines, names.join(';'), hash(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n')
  return hmac(scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`), text)
}

const callerOf = (seen: Seen, keys: ReadonlyMap<string, KeyPair>, now: number): KeyPair | Reply => {
  const [, id = '', day, region, list = '', signature = ''] = seen.headers.authorization?.match(authorizationForm) ?? []
  if (!id) return refuse(403, 'MissingAuthenticationToken')
  const date = String(seen.headers['x-amz-date'])
  const names = list.split(';')
  const pair = keys.get(id)
  if (!pair) return refuse(403, 'InvalidClientTokenId')
  if (seen.headers['x-amz-security-token'] !== pair.session) return refuse(403, 'InvalidClientTokenId')
  if (pair.ends !== undefined && pair.ends <= now) return refuse(403, 'ExpiredToken')
  if (Math.abs(timeOf(date) - now) > 15 * 60e3 || !date.startsWith(String(day))) {
    return refuse(403, 'SignatureDoesNotMatch')
  }
  if (region !== regionOfHost(String(seen.headers.host))) return refuse(403, 'SignatureDoesNotMatch')
  const present = Object.keys(seen.headers).filter(name => name === 'host' || name.startsWith('x-amz-'))
  if (!present.every(name => names.includes(name))) return refuse(403, 'SignatureDoesNotMatch')
  const right = signatureOf(seen, names, `${day}/${region}/sts/aws4_request`, pair.secret)
  return timingSafeEqual(right, Buffer.from(signature, 'hex')) ? pair : refuse(403, 'SignatureDoesNotMatch')
}

const mintAnew: NonNullable<Options['mint']> = () => ({
  id: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
  secret: randomBytes(30).toString('base64'),
  session: randomBytes(200).toString('base64'),
})

const known = ({ iss }: { readonly iss?: unknown }, roles: readonly Role[]): Role | undefined =>
  roles.find(({ issuer }) => issuer.issuer === iss)

export const startSts = async (t: Scope, { now = Date.now, keys, roles = new Map(), mint = mintAnew }: Options) => {
  const pairs = new Map(keys)

  const assume = (form: URLSearchParams): Reply => {
    const jwt = form.get('WebIdentityToken') ?? ''
    const arn = form.get('RoleArn') ?? ''
    if (!arn.startsWith('arn:') || !form.get('RoleSessionName')) return refuse(400, 'ValidationError')
    const provider = known(partsOf(jwt)?.claims ?? {}, [...roles.values()])
    if (!provider) return refuse(400, 'InvalidIdentityToken')
    const claims = verified(jwt, provider.issuer.publicKey, 'RS256', now())
    if (!claims) return refuse(400, 'InvalidIdentityToken')
    if (![claims['aud']].flat().includes('sts.amazonaws.com')) return refuse(400, 'InvalidIdentityToken')
    const role = roles.get(arn)
    if (role?.issuer !== provider.issuer || role.subject !== claims['sub']) return refuse(403, 'AccessDenied')
    const { id, ...minted } = mint()
    const pair = {
      ...minted,
      arn: `${arn}/${form.get('RoleSessionName')}`,
      ends: now() + 3600e3,
    }
    pairs.set(id, pair)
    const said = `<AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${pair.secret}</SecretAccessKey><SessionToken>${pair.session}</SessionToken><Expiration>${new Date(pair.ends).toISOString()}</Expiration>`
    return {
      headers: { 'content-type': 'text/xml' },
      body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>${said}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    }
  }

  const served = await serve(t, seen => {
    const form = new URLSearchParams(seen.body)
    if (form.get('Version') !== '2011-06-15') return refuse(400, 'InvalidAction')
    if (!seen.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
      return refuse(404, 'UnknownOperation')
    if (regionOfHost(String(seen.headers.host)) === undefined) return refuse(404, 'UnknownHost')
    if (form.get('Action') === 'AssumeRoleWithWebIdentity') return assume(form)
    if (form.get('Action') !== 'GetCallerIdentity') return refuse(400, 'InvalidAction')
    const caller = callerOf(seen, pairs, now())
    if (!('arn' in caller)) return caller
    return {
      body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${caller.arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    }
  })

  return {
    ...served,
    /** The ARN behind a cloud-id, found as Akeyless finds it: by sending the signed request; else the code of the refusal. */
    whoami: async (cloudId: string): Promise<string> => {
      const { to, ...signed } = unpacked(cloudId)
      const answer = await request(`${served.url}${to.pathname}`, {
        ...signed,
        headers: { ...signed.headers, host: to.host },
      })
      const xml = await answer.body.text()
      return xml.match(/<(Arn|Code)>([^<]*)</)?.[2] ?? ''
    },
  }
}

const text = (base64: string): string => Buffer.from(base64, 'base64').toString()

/** The request that a cloud-id of AWS wraps. */
export const unpacked = (cloudId: string) => {
  const said = JSON.parse(text(cloudId))
  const lists: Record<string, string[]> = JSON.parse(text(said.sts_request_headers))
  return {
    method: said.sts_request_method as 'POST',
    to: new URL(text(said.sts_request_url)),
    body: text(said.sts_request_body),
    headers: Object.fromEntries(Object.entries(lists).map(([name, [value = '']]) => [name.toLowerCase(), value])),
  }
}
