import t from 'tap'
import { request } from 'undici'
import { startAwsContainer, startAwsImds } from '../../support/cloud/aws-metadata.ts'
import { startAzureImds, startEntra } from '../../support/cloud/azure.ts'
import { startGcpMetadata } from '../../support/cloud/google.ts'
import { application, awsKeys, cluster, email, subject, tenant } from './cloud.ts'

// A flow that works against a lenient counterpart proves nothing: these are the requests that the real services refuse.

interface Ask {
  readonly path: string
  readonly method?: 'GET' | 'PUT' | 'POST'
  readonly headers?: Record<string, string>
  readonly body?: string
}

const statusOf = async (url: string, { path, method = 'GET', headers = {}, body }: Ask): Promise<number> => {
  const answer = await request(url + path, { method, headers, body: body ?? null })
  await answer.body.dump()
  return answer.statusCode
}

t.test('IMDS of AWS knows its second version alone', async t => {
  const { url } = await startAwsImds(t, { keys: awsKeys(), role: 'node' })
  const host = '169.254.169.254'
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }
  const put = { method: 'PUT', path: '/latest/api/token' } as const
  const roles = '/latest/meta-data/iam/security-credentials/'
  const cases: [string, Ask, number][] = [
    ['no token', { path: roles, headers: { host } }, 401],
    ['an unknown token', { path: roles, headers: { host, 'x-aws-ec2-metadata-token': 'x' } }, 401],
    ['a session without TTL', { ...put, headers: { host } }, 400],
    ['a session of a day', { ...put, headers: { host, 'x-aws-ec2-metadata-token-ttl-seconds': '86400' } }, 400],
    ['a session through a proxy', { ...put, headers: { host, ...ttl, 'x-forwarded-for': '10.0.0.1' } }, 403],
    ['another host', { ...put, headers: ttl }, 404],
    ['as it should be', { ...put, headers: { host, ...ttl } }, 200],
  ]
  for (const [name, ask, status] of cases) t.equal(await statusOf(url, ask), status, name)
})

t.test('the container agent knows pods by their token', async t => {
  const { url } = await startAwsContainer(t, awsKeys(), 'let-me', '/x')
  t.equal(await statusOf(url, { path: '/x' }), 401)
  t.equal(await statusOf(url, { path: '/x', headers: { authorization: 'Bearer let-me' } }), 401)
  t.equal(await statusOf(url, { path: '/y', headers: { authorization: 'let-me' } }), 404)
  t.equal(await statusOf(url, { path: '/x', headers: { authorization: 'let-me' } }), 200)
})

t.test('IMDS of Azure wants its header, no proxy, and an identity that it has', async t => {
  const { url } = await startAzureImds(t, { identities: new Map([['client', 'object']]) })
  const headers = { host: '169.254.169.254', metadata: 'true' }
  const at = (query: string) => `/metadata/identity/oauth2/token?api-version=2018-02-01${query}`
  const path = at('&resource=https://management.azure.com/')
  const cases: [string, Ask, number][] = [
    ['no header', { path, headers: { host: headers.host } }, 400],
    ['through a proxy', { path, headers: { ...headers, 'x-forwarded-for': '10.0.0.1' } }, 400],
    ['another resource', { path: at('&resource=https://evil.example'), headers }, 400],
    ['no resource', { path: at(''), headers }, 400],
    ['an unknown identity', { path: `${path}&object_id=x`, headers }, 400],
    ['no version', { path: path.replace('api-version', 'v'), headers }, 400],
    ['as it should be', { path: `${path}&object_id=object`, headers }, 200],
  ]
  for (const [name, ask, status] of cases) t.equal(await statusOf(url, ask), status, name)
})

t.test('the metadata server of GCP wants its header, and no proxy', async t => {
  const { url } = await startGcpMetadata(t, email)
  const path = '/computeMetadata/v1/instance/service-accounts/default/identity?audience=x&format=full'
  const headers = { host: 'metadata.google.internal', 'metadata-flavor': 'Google' }
  const cases: [string, Ask, number][] = [
    ['no header', { path, headers: { host: headers.host } }, 403],
    ['through a proxy', { path, headers: { ...headers, 'x-forwarded-for': '10.0.0.1' } }, 403],
    ['no audience', { path: path.replace('audience', 'a'), headers }, 400],
    ['another host', { path, headers: { ...headers, host: 'x' } }, 404],
    ['as it should be', { path, headers }, 200],
  ]
  for (const [name, ask, status] of cases) t.equal(await statusOf(url, ask), status, name)
})

t.test('Entra wants the grant, the scope and a proof', async t => {
  const { url } = await startEntra(t, {
    tenant,
    applications: new Map([[application, { secret: 's', federated: { issuer: cluster, subject } }]]),
  })
  const right = {
    grant_type: 'client_credentials',
    client_id: application,
    scope: 'https://management.azure.com/.default',
    client_secret: 's',
  }
  const { client_secret: _, ...bare } = right
  const cases: [string, Record<string, string>, number][] = [
    ['another grant', { ...right, grant_type: 'password' }, 400],
    ['another scope', { ...right, scope: 'https://management.azure.com/user_impersonation' }, 400],
    ['an assertion of no type', { ...bare, client_assertion: 'x' }, 401],
    ['no proof', bare, 401],
    ['as it should be', right, 200],
  ]
  const headers = { 'content-type': 'application/x-www-form-urlencoded', host: 'login.microsoftonline.com' }
  const path = `/${tenant}/oauth2/v2.0/token`
  for (const [name, form, status] of cases) {
    const body = new URLSearchParams(form).toString()
    t.equal(await statusOf(url, { path, method: 'POST', headers, body }), status, name)
  }
})
