import { createRequire } from 'node:module'
import t from 'tap'
import type { Login } from '#api'
import { Sensitive } from '#core'
import { json, soon, startClient, startServer } from '../unit/akeyless/client.ts'
import { as, countingProofs } from '../unit/akeyless/proofs.ts'

// The official SDK is CommonJS without types; a model keeps the fields that it knows and drops all others.
interface Model {
  constructFromObject(body: object): Record<string, unknown>
}
const sdk = createRequire(import.meta.url)('akeyless') as Record<string, Model>

const accessId = 'p-abcdefghijklmn'
const secret = Sensitive.text
const token = { from: 'own', audiences: [] } as const
const logins = {
  api_key: { type: 'api_key', accessId, accessKey: secret('k') },
  k8s: { type: 'k8s', accessId, config: 'c', token },
  jwt: { type: 'jwt', accessId, token },
  aws_iam: { type: 'aws_iam', accessId },
  azure_ad: { type: 'azure_ad', accessId },
  gcp: { type: 'gcp', accessId, audience: 'a' },
  universal_identity: { type: 'universal_identity', accessId, token: secret('u-1') },
  cert: { type: 'cert', accessId, certificate: secret('C'), key: secret('K') },
} as const satisfies { readonly [T in Login['type']]: Extract<Login, { type: T }> }

const known = (model: string, body: Record<string, unknown>): Record<string, unknown> => {
  const kept = sdk[model]?.constructFromObject(body) ?? {}
  return Object.fromEntries(Object.keys(body).map(name => [name, kept[name]]))
}

t.test('every field of a login is one that the SDK knows', async t => {
  const sent: { model: string; body: Record<string, unknown> }[] = []
  const server = await startServer(t, (request, response, body) => {
    sent.push({ model: request.url === '/v2/auth' ? 'Auth' : 'ValidateToken', body: JSON.parse(body) })
    json(response, 200, { token: 't-1', is_valid: true })
  })
  const client = startClient(t, { proofs: countingProofs() })
  for (const login of Object.values(logins)) await client.login(as(`${server.url}/v2`, login), soon())
  t.equal(sent.length, Object.keys(logins).length)
  for (const { model, body } of sent) t.same(known(model, body), body, `${body['access-type']}`)
})

t.test('every field of a rotation is one that the SDK knows', async t => {
  const body = { 'uid-token': 'u-1', 'with-manual-ack': true, 'send-manual-ack-token': 'u-2' }
  t.same(known('UidRotateToken', body), body)
  t.same(
    known('UidRotateToken', { 'no-such-field': 'x' }),
    { 'no-such-field': undefined },
    'a model drops what it does not know',
  )
  t.match(known('DescribeItem', { name: '/a', 'uid-token': 'u-1' }), { 'uid-token': 'u-1' })
})
