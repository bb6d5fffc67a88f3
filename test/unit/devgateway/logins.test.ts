// What belongs to a login beside its proof: key sets in files, sub-claims, secrecy.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { post, startGateway } from '../../support/gateway.ts'
import { base64, certificates, issuer, mint, now } from './proofs.ts'
import { k8sTokens, seedOfAll, type Way, ways } from './ways.ts'

const folder = (scope: { teardown(fn: () => unknown): unknown }) => {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-logins-'))
  scope.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

t.test('keys and CAs in files are read at each login, so they may rotate', async t => {
  const at = folder(t)
  const [jwks, ca] = [join(at, 'jwks.json'), join(at, 'ca.crt')]
  const [older, newer] = [issuer('one'), issuer('two')]
  const pairs = await certificates()
  const gateway = await startGateway(
    t,
    {
      identities: [
        { type: 'jwt', accessId: 'p-jwtjwt0jwtjwob', jwks: { file: jwks }, issuer: 'i' },
        { type: 'cert', accessId: 'p-certce0certceb', ca: { file: ca } },
      ],
    },
    { now: () => now },
  )
  const jwt = (key: typeof older, kid: string) =>
    post(`${gateway.url}/auth`, {
      'access-id': 'p-jwtjwt0jwtjwob',
      'access-type': 'jwt',
      jwt: mint(key.privateKey, { iss: 'i' }, { kid }),
    })
  const cert = () =>
    post(`${gateway.url}/auth`, {
      'access-id': 'p-certce0certceb',
      'access-type': 'cert',
      'cert-data': base64(pairs.good.cert),
      'key-data': base64(pairs.good.key),
    })
  t.match(await jwt(older, 'one'), { status: 500, body: { error: /key set cannot be read/ } })
  t.match(await cert(), { status: 500, body: { error: /CA of the identity cannot be read/ } })
  writeFileSync(jwks, JSON.stringify({ keys: [older.jwk] }))
  writeFileSync(ca, pairs.ca)
  t.same([(await jwt(older, 'one')).status, (await jwt(newer, 'two')).status, (await cert()).status], [200, 401, 200])
  writeFileSync(jwks, JSON.stringify({ keys: [newer.jwk] }))
  t.same([(await jwt(older, 'one')).status, (await jwt(newer, 'two')).status], [401, 200])
  writeFileSync(jwks, 'canary-no-json')
  writeFileSync(ca, 'canary-no-pem')
  for (const { status, text } of [await jwt(newer, 'two'), await cert()]) {
    t.equal(status, 500)
    t.notMatch(text, /canary|latchkey-logins/)
  }
})

t.test('a rule may be for some sub-claims alone', async t => {
  const { seed } = await seedOfAll(t)
  const only = (subClaims: Record<string, string[]>) => [{ path: '/apps/*', allow: ['read' as const], subClaims }]
  const cases: { type: keyof typeof ways; subClaims: Record<string, string[]>; status: number }[] = [
    { type: 'k8s', subClaims: { namespace: ['other', 'apps'] }, status: 200 },
    { type: 'k8s', subClaims: { namespace: ['other'] }, status: 401 },
    { type: 'k8s', subClaims: { namespace: ['apps'], service_account_name: ['reader'] }, status: 200 },
    { type: 'k8s', subClaims: { namespace: ['apps'], service_account_name: ['other'] }, status: 401 },
    { type: 'k8s', subClaims: { pod_name: ['pod-1'], config_name: ['main'], aud: ['akeyless'] }, status: 200 },
    { type: 'jwt', subClaims: { team: ['blue'] }, status: 200 },
    { type: 'jwt', subClaims: { toString: ['x'] }, status: 401 },
    { type: 'azure_ad', subClaims: { oid: ['o1'] }, status: 200 },
    { type: 'gcp', subClaims: { email: ['app@p.iam.gserviceaccount.com'] }, status: 200 },
    { type: 'aws_iam', subClaims: { account_id: ['123456789012'] }, status: 200 },
    { type: 'aws_iam', subClaims: { role_name: ['dev'] }, status: 401 },
    { type: 'cert', subClaims: { dns_san: ['app.example.com'] }, status: 200 },
    { type: 'api_key', subClaims: { namespace: ['apps'] }, status: 401 },
    { type: 'universal_identity', subClaims: { namespace: ['apps'] }, status: 401 },
  ]
  for (const { type, subClaims, status } of cases)
    await t.test(`${type} with ${JSON.stringify(subClaims)}: ${status}`, async t => {
      const identities = seed.identities!.map(identity =>
        identity.accessId === ways[type].accessId ? { ...identity, rules: only(subClaims) } : identity,
      )
      const gateway = await startGateway(t, { ...seed, identities }, { now: () => now })
      const way: Way = ways[type]
      const login = { 'access-id': way.accessId, 'access-type': way.accessType, ...way.good[0]!.fields }
      const { token } = (await post(`${gateway.url}/auth`, login)).body
      t.equal((await post(`${gateway.url}/get-secret-value`, { token, names: ['/apps/one'] })).status, status)
    })
})

t.test('an AWS identity is bound by account or by role, whoever assumes it', async t => {
  const { seed } = await seedOfAll(t)
  const accessId = ways.aws_iam.accessId
  const [user, role] = ways.aws_iam.good
  const cases = [
    { binds: { roles: ['dev'], accounts: ['123456789012'] }, statuses: [401, 200] },
    { binds: { accounts: ['123456789012'] }, statuses: [200, 200] },
    { binds: { accounts: ['999999999999'] }, statuses: [401, 401] },
    { binds: { roles: ['session-1'] }, statuses: [401, 401] },
    { binds: {}, statuses: [200, 200] },
  ]
  for (const { binds, statuses } of cases) {
    const identities = [{ type: 'aws_iam' as const, accessId, ...binds }]
    const gateway = await startGateway(t, { aws: seed.aws, identities }, { now: () => now })
    const logIn = async (fields: object) =>
      (await post(`${gateway.url}/auth`, { 'access-id': accessId, 'access-type': 'aws_iam', ...fields })).status
    t.same([await logIn(user!.fields), await logIn(role!.fields)], statuses, JSON.stringify(binds))
  }
})

t.test('a certificate does not outlive its CA', async t => {
  const { ca, cert, key } = (await certificates()).shortLived
  const accessId = ways.cert.accessId
  const gateway = await startGateway(t, { identities: [{ type: 'cert', accessId, ca }] }, { now: () => now })
  const fields = { 'access-type': 'cert', 'cert-data': base64(cert), 'key-data': base64(key) }
  const logIn = async () => (await post(`${gateway.url}/auth`, { 'access-id': accessId, ...fields })).status
  t.equal(await logIn(), 200)
  gateway.shiftClock(24 * 3600e3)
  t.equal(await logIn(), 401)
})

/** Every text in a proof, and what its base64 hides. */
const secretsIn = (fields: object): string[] =>
  Object.entries(fields)
    .filter(([name, value]) => !name.startsWith('access-') && typeof value === 'string' && value.length > 6)
    .flatMap(([, value]: [string, string]) => [value, Buffer.from(value, 'base64').toString('utf8')])
    .flatMap(text => [text, ...text.split(/[.\n",]/)])
    .filter(text => text.length > 8 && text !== 'akeyless.io')

t.test('nothing of any proof reaches an answer, the journal, the control port, or the output', async t => {
  const written: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      written.push(String(chunk))
      return write(chunk, ...rest)
    }
    t.teardown(() => {
      stream.write = write
    })
  }
  const { seed } = await seedOfAll(t)
  const gateway = await startGateway(t, seed, { now: () => now })
  const look = async (path: string) => (await fetch(gateway.controlUrl + path)).text()
  const answers: string[] = []
  let calls = 0
  const secrets = new Set<string>(['canary'])
  for (const way of Object.values<Way>(ways))
    for (const { fields } of [way.good, way.wrong, way.unbound, way.expired, way.malformed, way.missing].flat()) {
      for (const secret of secretsIn(fields)) secrets.add(secret)
      const login = { 'access-id': way.accessId, 'access-type': way.accessType, ...fields }
      // five failures would block, and a blocked identity's proof is not looked at
      gateway.reset()
      answers.push((await post(`${gateway.url}/auth`, login)).text)
      answers.push((await post(`${gateway.url}/validate-token`, fields)).text)
      calls += gateway.journal().length
      answers.push(await look('/journal'))
    }
  answers.push((await post(`${gateway.url}/uid-rotate-token`, { 'uid-token': 'u-canary-neighbour' })).text)
  const wrongPlace = { name: '/apps/one', ...k8sTokens.inCluster(k8sTokens.serviceAccount.good) }
  answers.push((await post(`${gateway.url}/describe-item`, { ...wrongPlace, token: 'u-canary-uid' })).text)
  const looks = await Promise.all(['/', '/journal', '/items', '/leases', '/connections'].map(look))
  const shown = [...answers, ...looks, ...written].join('\n')
  t.ok(secrets.size > 100, 'there is something to look for')
  t.ok(calls > 150)
  t.same(
    [...secrets].filter(secret => shown.includes(secret)),
    [],
  )
})
