// What one can log in with: signers for every kind of proof, and an API server that reviews tokens.
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { issueCa, issueLeaf, randomSources } from '#certs'

interface Scope {
  teardown(fn: () => unknown): unknown
}

/** The gateway's clock in these tests, and the moment of the golden vectors of AWS. */
export const now = new Date('2026-11-21T19:37:21Z')
export const base64 = (text: string) => Buffer.from(text).toString('base64')
const seconds = now.getTime() / 1000

/** A pair with its public half as a JWK. */
export const issuer = (kid: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kty: 'EC', kid, alg: 'ES256' } }
}

const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token good for ten minutes; `claims` are laid on top. */
export const mint = (key: KeyObject, claims: object, header: object = {}): string => {
  const head = segment({ alg: 'ES256', typ: 'JWT', kid: 'one', ...header })
  const text = `${head}.${segment({ iat: seconds, nbf: seconds, exp: seconds + 600, ...claims })}`
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

interface SignedCall {
  readonly id?: string
  readonly secret?: string
  readonly session?: string
  readonly region?: string
  readonly host?: string
  readonly service?: string
  readonly date?: string
  /** Of the scope, where it is not the date's. */
  readonly day?: string
  readonly body?: string
  readonly length?: number
  /** What the envelope says, whatever has been signed. */
  readonly said?: { readonly url?: string; readonly body?: string }
  /** A header that is not signed. */
  readonly without?: string
}

/** A cloud-id as the official libraries make it: the global endpoint unless a region is given. akeyless.md §4.2 */
export const cloudId = (call: SignedCall = {}): string => {
  const { id = 'AKIDEXAMPLE', secret = 'wJalrXUtnFEMI', session, region, date = '20261121T193721Z' } = call
  const body = call.body ?? 'Action=GetCallerIdentity&Version=2011-06-15'
  const host = call.host ?? (region ? `sts.${region}.amazonaws.com` : 'sts.amazonaws.com')
  const length = String(call.length ?? body.length)
  const type = `application/x-www-form-urlencoded${region ? '' : '; charset=utf-8'}`
  const signed = new Map(
    [
      ['content-length', length],
      ['content-type', type],
      ['host', host],
      ['x-amz-date', date],
      ['x-amz-security-token', session ?? ''],
    ].filter(([name, value]) => value !== '' && name !== call.without) as [string, string][],
  )
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const names = [...signed.keys()].join(';')
  const lines = [...signed].map(([name, value]) => `${name}:${value}\n`).join('')
  const scope = `${call.day ?? date.slice(0, 8)}/${region ?? 'us-east-1'}/${call.service ?? 'sts'}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(`POST\n/\n\n${lines}\n${names}\n${hash(body)}`)}`
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return packed({
    signature,
    scope,
    names,
    id,
    type,
    date,
    length,
    session,
    body,
    url: `https://${host}/`,
    ...call.said,
  })
}

/** The envelope around a signature. */
export const packed = (of: {
  signature: string
  scope: string
  names: string
  id: string
  type: string
  date: string
  length: string
  session?: string | undefined
  body: string
  url: string
}): string => {
  const credential = `Credential=${of.id}/${of.scope}, SignedHeaders=${of.names}, Signature=${of.signature}`
  const headers = {
    Authorization: [`AWS4-HMAC-SHA256 ${credential}`],
    'Content-Length': [of.length],
    'Content-Type': [of.type],
    'X-Amz-Date': [of.date],
    ...(of.session && { 'X-Amz-Security-Token': [of.session] }),
  }
  return base64(
    JSON.stringify({
      sts_request_method: 'POST',
      sts_request_url: base64(of.url),
      sts_request_body: base64(of.body),
      sts_request_headers: base64(JSON.stringify(headers)),
    }),
  )
}

/** The same certificate with another last byte, which is one of its signature. */
const tampered = (pem: string): string => {
  const der = new X509Certificate(pem).raw
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1)
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
}

/** A CA for one day, and a certificate of its key that lives longer. */
const outlived = async () => {
  const sources = randomSources()
  const key = await sources.newKey()
  const same = { ...sources, newKey: async () => key }
  const [short, long] = await Promise.all([
    issueCa({ sources: same, now, days: 1 }),
    issueCa({ sources: same, now, days: 90 }),
  ])
  const leaf = await issueLeaf({ ca: long, sources, now, names: { dns: ['app.example.com'], ip: [] } })
  return { ca: short.cert, cert: leaf.cert, key: leaf.key.reveal().toString() }
}

/** A CA with two certificates below it, and another CA of the same name with one; each fits its key. */
export const certificates = async () => {
  const sources = randomSources()
  const leaf = async (ca: Awaited<ReturnType<typeof issueCa>>, dns: string) => {
    const pair = await issueLeaf({ ca, sources, now, names: { dns: [dns], ip: [] } })
    return { cert: pair.cert, key: pair.key.reveal().toString() }
  }
  const [own, foreign] = await Promise.all([issueCa({ sources, now }), issueCa({ sources, now })])
  const [good, other, impostor] = await Promise.all([
    leaf(own, 'app.example.com'),
    leaf(own, 'other.example.com'),
    leaf(foreign, 'app.example.com'),
  ])
  const forged = { cert: tampered(good.cert), key: good.key }
  return { ca: own.cert, good, other, impostor, forged, shortLived: await outlived() }
}

interface Account {
  readonly username: string
  readonly audiences: readonly string[]
  /** What is laid on top of the answer. */
  readonly odd?: object
}

/** An API server that knows these tokens and nothing else; it remembers the audiences that it was asked for. */
export const reviewer = async (t: Scope, accounts: ReadonlyMap<string, Account>) => {
  const asked: unknown[] = []
  const answer = (authorization: string | undefined, body: string): [number, object] => {
    if (authorization !== 'Bearer reviewer-token') return [403, { kind: 'Status', message: 'canary-api-server' }]
    const { spec } = JSON.parse(body)
    asked.push(spec.audiences)
    const account = accounts.get(spec.token)
    const audiences = account?.audiences.filter(one => (spec.audiences ?? ['kubernetes']).includes(one)) ?? []
    if (!account || audiences.length === 0)
      return [201, { status: { authenticated: false, error: 'canary-api-server' } }]
    const extra = { 'authentication.kubernetes.io/pod-name': ['pod-1'], 'other/key': ['x'] }
    const user = { username: account.username, uid: 'uid-1', extra }
    return [201, { status: { authenticated: true, user, audiences, ...account.odd } }]
  }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => {
      body += piece
    })
    request.on('end', () => {
      const known = request.method === 'POST' && request.url === '/apis/authentication.k8s.io/v1/tokenreviews'
      const [status, said] = known ? answer(request.headers.authorization, body) : [404, {}]
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said))
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.teardown(() => new Promise(done => server.close(done)))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
