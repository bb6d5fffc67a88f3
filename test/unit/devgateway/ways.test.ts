import t, { type Test } from 'tap'
import type { Gateway } from '#devgateway'
import { post, startGateway } from '../../support/gateway.ts'
import { cloudId, now, packed } from './proofs.ts'
import { k8sTokens, others, seedOfAll, type Way, ways } from './ways.ts'

const { seed, asked } = await seedOfAll(t)
const start = (scope: Test) => startGateway(scope, seed, { now: () => now })
const all = Object.entries<Way>(ways)

const logIn = (gateway: Gateway, way: Way, fields: object) =>
  post(`${gateway.url}/auth`, { 'access-id': way.accessId, 'access-type': way.accessType, ...fields })

const columns = ['good', 'wrong', 'expired', 'unbound', 'malformed', 'missing'] as const
const statuses = { good: 200, wrong: 401, expired: 401, unbound: 401, malformed: 401, missing: 400 }
const refused = { error: 'failed to get credentials: Desc: the access id or its proof is wrong' }

for (const [type, way] of all)
  t.test(`${type}: a good proof logs in and reads; nothing else does`, async t => {
    const gateway = await start(t)
    for (const column of columns)
      for (const { name, fields, later = 0 } of way[column])
        await t.test(`${column}: ${name}`, async t => {
          gateway.reset()
          gateway.shiftClock(later)
          const answer = await logIn(gateway, way, fields)
          t.equal(answer.status, statuses[column])
          if (column === 'good') {
            t.match(answer.body, { token: /^t-/, expiration: / \+0000 UTC$/ })
            const read = await post(`${gateway.url}/get-secret-value`, {
              token: answer.body.token,
              names: ['/apps/one'],
            })
            t.equal(read.status, 200)
          } else if (column === 'missing') t.match(answer.body.error, /^missing or invalid parameter - [\w-]+$/)
          else t.same(answer.body, refused, 'all look the same')
        })
  })

t.test('what a proof lacks is said alike for an access id that is there and one that is not', async t => {
  const gateway = await start(t)
  for (const [type, way] of all)
    for (const { name, fields } of [...way.missing, ...way.wrong.slice(0, 1)]) {
      const known = await logIn(gateway, way, fields)
      const unknown = await logIn(gateway, { ...way, accessId: 'p-unknown0unknab' }, fields)
      t.same([unknown.status, unknown.text], [known.status, known.text], `${type}: ${name}`)
    }
})

t.test('a proof of one type opens no identity of another', async t => {
  const gateway = await start(t)
  for (const [type, way] of all)
    for (const [other, { accessId }] of all.filter(([other]) => other !== type)) {
      gateway.reset()
      const answer = await logIn(gateway, { ...way, accessId }, way.good[0]!.fields)
      t.equal(answer.status, 401, `${type} as ${other}`)
    }
})

t.test('five failures in a row block an identity of any type, and a missing field is no failure', async t => {
  const gateway = await start(t)
  for (const [type, way] of all) {
    const [good, wrong, missing] = [way.good[0]!.fields, way.wrong[0]!.fields, way.missing[0]!.fields]
    for (let i = 0; i < 4; i += 1) await logIn(gateway, way, wrong)
    await logIn(gateway, way, missing)
    t.equal((await logIn(gateway, way, good)).status, 200, `${type}: four are forgiven`)
    for (let i = 0; i < 5; i += 1) await logIn(gateway, way, wrong)
    t.match(await logIn(gateway, way, good), { status: 401, body: { error: /blocked/ } }, type)
  }
})

t.test('the rate limit counts logins of every type by access id', async t => {
  const gateway = await start(t)
  gateway.rateLimit(1)
  for (const [type, way] of all) {
    const { fields } = way.good[0]!
    t.equal((await logIn(gateway, way, fields)).status, 200, type)
    const limited = await logIn(gateway, way, fields)
    t.same([limited.status, limited.headers.get('retry-after')], [429, '1'], type)
  }
})

t.test('the cloud-ids of the official libraries are good, to the letter', async t => {
  const gateway = await start(t)
  const scope = '20261121/us-east-1/sts/aws4_request'
  const type = 'application/x-www-form-urlencoded; charset=utf-8'
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const common = { scope, type, body, length: '43', date: '20261121T193721Z', url: 'https://sts.amazonaws.com/' }
  const names = 'content-length;content-type;host;x-amz-date'
  const golden = [
    {
      ...common,
      id: 'AKIDEXAMPLE',
      names,
      session: undefined,
      signature: '6bca05679c32d995b301e26b40bda55dfbc5d8da940da362b1a75db729068e69',
    },
    {
      ...common,
      id: 'ASIATEMP',
      names: `${names};x-amz-security-token`,
      session: 'SESSTOK',
      signature: '5f9e111234d3f2dfc669006100e62f3fe156a30b04e0873720e27597ecd56ab9',
    },
  ]
  // the vectors know one id; the signature does not cover it
  for (const vector of golden) {
    const answer = await logIn(gateway, ways.aws_iam, { 'cloud-id': packed(vector) })
    t.equal(answer.status, 200, vector.session ?? 'no session')
  }
  t.not(cloudId({}), cloudId({ region: 'us-east-1' }), 'the regional form is another')
})

t.test('an audience is always asked for: the bound ones, or those that the token claims', async t => {
  const gateway = await start(t)
  const { serviceAccount, inCluster } = k8sTokens
  const any = { ...ways.k8s, accessId: others.anyAudience }
  asked.length = 0
  t.equal((await logIn(gateway, any, inCluster(serviceAccount.audience))).status, 200)
  t.equal((await logIn(gateway, any, inCluster(serviceAccount.namespace))).status, 200)
  t.equal((await logIn(gateway, ways.k8s, inCluster(serviceAccount.both))).status, 200)
  t.same(asked, [['vault'], ['akeyless'], ['akeyless']])
})

t.test('a cluster that does not answer is the gateway’s trouble, and no failed login', async t => {
  const gateway = await start(t)
  const { serviceAccount, inCluster } = k8sTokens
  const broken = { ...ways.k8s, accessId: others.broken }
  for (let i = 0; i < 6; i += 1) {
    const answer = await logIn(gateway, broken, inCluster(serviceAccount.good, 'broken'))
    t.equal(answer.status, 500)
    t.match(answer.body.error, /^gateway configuration: the API server of broken does not review tokens: HTTP 403$/)
  }
  const [, ...rest] = seed.kubernetes!
  const dead = { ...seed, kubernetes: [{ name: 'main', server: 'http://127.0.0.1:1', token: 'x' }, ...rest] }
  const alone = await startGateway(t, dead, { now: () => now })
  const answer = await logIn(alone, ways.k8s, inCluster(serviceAccount.good))
  t.match(answer, { status: 500, body: { error: /main cannot be reached$/ } })
})
