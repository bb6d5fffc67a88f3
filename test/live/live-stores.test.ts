// A store is really tried when it is applied: what is refused, what is a warning, in which words, and what it costs.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { stringify } from 'yaml'
import type { SeedInput } from '#devgateway'
import { names } from '../../deploy/names.ts'
import { kubectl, namespace as namespaceFor, request } from '../support/cluster.ts'
import { bestMs } from '../support/effort.ts'
import { accessKey } from '../support/gateway.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import {
  akeylessSpec,
  create,
  credentials,
  pathsOf,
  readyOf,
  remove,
  secretStore,
  storeSpec,
  whenReady,
} from '../support/objects.ts'
import { startRegistered, tokenOf, unjudged } from './registered.ts'
import { install } from './twin.ts'

const canary = `canary-${randomBytes(12).toString('hex')}`
const encode = (text: string) => Buffer.from(text).toString('base64')
const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()

// an identity a case: what one of them learns of its auth method must not hold the next one up
const idOf = (index: number): string => `p-case${String(index).padStart(8, '0')}ab`
const seed: SeedInput = {
  identities: Array.from({ length: 20 }, (_, index) => ({
    type: 'api_key' as const,
    accessId: idOf(index),
    accessKey,
    rules: [{ path: '/*', allow: ['read' as const, 'list' as const] }],
  })),
  items: [{ path: '/one', type: 'STATIC_SECRET', value: 'v' }],
}
const gateway = await startTlsGateway(t, seed)
// its CA is nobody's
const stranger = await startTlsGateway(t, seed)
const latchkey = await startRegistered(t, {
  namespace,
  gateway,
  live: true,
  args: [
    ...['--trusted-gateways', '*.akeyless.io,gateway.invalid,closed.example.com'],
    // a port that nobody listens on
    ...['--resolve', 'closed.example.com:443=127.0.0.1:1'],
    ...['--resolve', `stranger.akeyless.io:443=127.0.0.1:${stranger.port}`],
    ...['--resolve', `elsewhere.example.com:443=127.0.0.1:${gateway.port}`],
  ],
})
const logins = (accessId: string) =>
  gateway.journal().filter(call => call.op === 'auth' && call.accessId === accessId).length

const withFields = (secret: string, fields: object) =>
  akeylessSpec({ ...storeSpec({ secret }).provider.akeyless, ...fields })

const apply = (object: object, ...args: string[]) =>
  kubectl(['apply', '-f', '-', ...args], { namespace, input: stringify(object) })

/** The lines of a refusal, without kubectl's own words and the subject. */
const denied = (stderr: string): readonly string[] =>
  stderr.includes('denied the request')
    ? stderr
        .trim()
        .split('\n')
        .filter(line => line.startsWith('  '))
        .map(line => line.trim())
    : []
const warned = (stderr: string): readonly string[] =>
  [...stderr.matchAll(/^Warning: (.*)$/gm)].map(([, text = '']) => text)

interface Bad {
  readonly name: string
  readonly login?: Parameters<typeof credentials>[0] | false
  readonly spec?: object
  readonly make?: () => Promise<unknown>
  readonly order?: Parameters<typeof gateway.fail>[0]
  readonly says: RegExp
  readonly level: 'deny' | 'warn'
}

const inputs: readonly Bad[] = [
  {
    name: 'wrong-key',
    login: { accessKey: 'wrong' },
    says: /authSecretRef: gateway api\.akeyless\.io refuses the login → check key "accessId" of Secret .* and key "accessTypeParam" of Secret /,
    level: 'deny',
  },
  {
    name: 'unknown-ca',
    spec: { akeylessGWApiURL: 'https://stranger.akeyless.io' },
    says: /gateway stranger\.akeyless\.io is not trusted: its certificate is signed by an unknown CA → /,
    level: 'deny',
  },
  {
    name: 'unreachable',
    spec: { akeylessGWApiURL: 'https://closed.example.com' },
    says: /gateway closed\.example\.com does not answer: connection refused → /,
    level: 'warn',
  },
  {
    name: 'key-missing',
    login: false,
    make: () =>
      create(paths.secrets, {
        metadata: { name: 'key-missing' },
        data: { accessId: encode(idOf(3)), accessType: encode('api_key') },
      }),
    says: /has no key "accessTypeParam" → add the key, or name one that is there: "accessId", "accessType"/,
    level: 'deny',
  },
  {
    name: 'secret-missing',
    login: false,
    says: /Secret \S+\/secret-missing does not exist → create it/,
    level: 'warn',
  },
  {
    name: 'html',
    order: { op: 'auth', status: 200, body: `<!doctype html>${canary}`, headers: { 'content-type': 'text/html' } },
    says: /gateway api\.akeyless\.io answered auth with something that is not JSON → /,
    level: 'deny',
  },
  {
    name: 'failed',
    order: { op: 'auth', status: 500, body: { error: canary } },
    says: /gateway api\.akeyless\.io failed \(HTTP 500\) at auth → /,
    level: 'warn',
  },
  {
    name: 'ca-missing',
    spec: { caProvider: { type: 'ConfigMap', name: 'no-ca', key: 'ca.crt' } },
    says: /caProvider: ConfigMap \S+\/no-ca does not exist → create it/,
    level: 'warn',
  },
]

/** A store as it is where no webhook has seen it. */
const makeUnjudged = (object: { metadata: object }) =>
  create(paths.stores, { ...object, metadata: { ...object.metadata, labels: unjudged } })

t.test('admission says of a store what its status says later, to the byte; only what is sure is refused', async t => {
  for (const [index, { name, login, spec = {}, make, order, says, level }] of inputs.entries()) {
    gateway.reset()
    if (order) gateway.fail({ ...order, times: 1_000 })
    await make?.()
    if (login !== false) await create(paths.secrets, credentials({ name, accessId: idOf(index), ...login }))
    const store = secretStore(name, withFields(name, spec))
    const said = await apply(store, '--dry-run=server')
    const [line = '', ...more] = level === 'deny' ? denied(said.stderr) : warned(said.stderr)
    t.match(line, says, `${name}: ${said.stderr}`)
    t.same(more, [], name)
    t.equal(said.code, level === 'deny' ? 1 : 0, name)
    const before = logins(idOf(index))
    await makeUnjudged(store)
    const { message } = readyOf(await whenReady(t, `${paths.stores}/${name}`, 'False'))
    t.equal(line.replace(/ \[[-a-z]+\]$/, ''), message, `${name} in the status`)
    if (name === 'wrong-key') t.equal(logins(idOf(index)) - before, 0, 'a refused key is not tried again')
    await remove(`${paths.stores}/${name}`)
  }
  gateway.reset()
})

t.test('a good store logs in once in all: at admission, and the reconciler goes on with that token', async t => {
  await create(paths.secrets, credentials({ name: 'good', accessId: idOf(9) }))
  const said = await apply(secretStore('good', storeSpec({ secret: 'good' })))
  t.same([said.code, said.stderr], [0, ''])
  await whenReady(t, `${paths.stores}/good`)
  t.equal(logins(idOf(9)), 1)
})

/** So many dry runs, twenty at a time; the statuses that came. */
const dryRuns = async (count: number, object: object): Promise<readonly number[]> => {
  const statuses: number[] = []
  let left = count
  const flow = async () => {
    while (left > 0) {
      left -= 1
      statuses.push((await request('POST', `${paths.stores}?dryRun=All`, object)).status)
    }
  }
  await Promise.all(Array.from({ length: 20 }, flow))
  return statuses
}

t.test('a thousand dry runs of a store cost one login, with a good key and with a wrong one', async t => {
  for (const [index, key, status] of [
    [10, accessKey, 201],
    [11, 'wrong', 403],
  ] as const) {
    const name = `dry-${index}`
    await create(paths.secrets, credentials({ name, accessId: idOf(index), accessKey: key }))
    const statuses = await dryRuns(1_000, secretStore(name, storeSpec({ secret: name })))
    t.same([...new Set(statuses)], [status], name)
    t.equal(logins(idOf(index)), 1, name)
  }
})

t.test('a gateway that nobody trusts yet gets nothing before the store is in the cluster', async t => {
  await create(paths.secrets, credentials({ name: 'elsewhere', accessId: idOf(12) }))
  const store = secretStore('elsewhere', withFields('elsewhere', { akeylessGWApiURL: 'https://elsewhere.example.com' }))
  const said = await apply(store)
  t.equal(said.code, 0, said.stderr)
  t.match(warned(said.stderr), [/elsewhere\.example\.com is no trusted gateway and new here/])
  await whenReady(t, `${paths.stores}/elsewhere`, 'False')
  const again = await apply({ ...store, metadata: { name: 'elsewhere-2' } }, '--dry-run=server')
  t.match(denied(again.stderr), [/is not trusted: its certificate is for another name/], 'then it is tried')
})

const review = (object: object) =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation: 'CREATE',
      kind: { group: 'external-secrets.io', version: 'v1', kind: 'SecretStore' },
      resource: { group: 'external-secrets.io', version: 'v1', resource: 'secretstores' },
      namespace,
      object,
      oldObject: null,
    },
  })

t.test('without the token, or with a wrong one, nobody is called', async t => {
  const token = tokenOf((await request('GET', `${paths.secrets}/${names.ca}`)).body)
  await create(paths.secrets, credentials({ name: 'stranger', accessId: idOf(13), accessKey: 'wrong' }))
  const body = review(secretStore('stranger', storeSpec({ secret: 'stranger' })))
  const wrong = [token.slice(1), `${token}x`, token.toLowerCase(), 'x', 'x'.repeat(43)]
  for (const path of ['/validate', ...wrong.map(text => `/validate/${text}`)]) {
    const { status, text } = await latchkey.post(path, body)
    t.equal(status, 200)
    t.same(JSON.parse(text).response, { uid: 'u', allowed: true }, path)
  }
  t.equal((await latchkey.post(`/validate/${token}/`, body)).status, 404)
  t.equal(logins(idOf(13)), 0)
  const { text } = await latchkey.post(`/validate/${token}`, body)
  t.match(JSON.parse(text).response, { allowed: false, status: { message: /refuses the login/ } })
  t.equal(logins(idOf(13)), 1)
})

t.test('a gateway that does not answer holds up one apply, for a second, and the next ones not', async t => {
  await create(paths.secrets, credentials({ name: 'slow', accessId: idOf(14) }))
  gateway.fail({ op: 'auth', delayMs: 4_000, times: 100 })
  const store = secretStore('slow', storeSpec({ secret: 'slow' }))
  const took = async () => {
    const begun = performance.now()
    const said = await apply(store, '--dry-run=server')
    t.equal(said.code, 0, said.stderr)
    return { ms: performance.now() - begun, warnings: warned(said.stderr) }
  }
  const first = await took()
  t.match(first.warnings, [
    /akeylessGWApiURL: not checked in full: gateway api\.akeyless\.io did not answer within 1 s → .* \[not-checked\]/,
  ])
  t.ok(first.ms < 2_000, `${Math.round(first.ms)} ms`)
  const nextMs = await bestMs(1_000, async () => {
    const { ms, warnings } = await took()
    t.match(warnings, [/did not answer a moment ago/])
    return ms
  })
  t.ok(nextMs < 1_000, `${nextMs} ms`)
  gateway.reset()
})

t.test('the token and what others said stand nowhere', async t => {
  const token = tokenOf((await request('GET', `${paths.secrets}/${names.ca}`)).body)
  const places = {
    log: JSON.stringify(latchkey.process.lines()),
    events: JSON.stringify((await request('GET', paths.events)).body),
    stores: JSON.stringify((await request('GET', paths.stores)).body),
    metrics: await latchkey.metrics(),
  }
  for (const [place, text] of Object.entries(places)) {
    t.ok(text.length > 100, `${place} said something`)
    for (const secret of [canary, encode(canary), accessKey, token]) t.notOk(text.includes(secret), place)
  }
  t.match(places.metrics, /latchkey_admission_reviews_total\{webhook="validate",kind="SecretStore",result="denied"\}/)
})
