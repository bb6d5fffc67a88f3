import t from 'tap'
import { createKeep } from '../../../pkg/cloud/keep.ts'
import { startAwsImds } from '../../support/cloud/aws-metadata.ts'
import { startEntra } from '../../support/cloud/azure.ts'
import { nowhere } from '../../support/cloud/serve.ts'
import { startSts } from '../../support/cloud/sts.ts'
import { application, awsKeys, cloudIn, soon, tenant, textOf } from './cloud.ts'

const never = new AbortController().signal
const minutes = 60e3

t.test('keys are kept until five minutes before their end, a signature is made for each login', async t => {
  const clock = { now: Date.now() }
  const now = () => clock.now
  const keys = awsKeys()
  const imds = await startAwsImds(t, { keys, role: 'node', now })
  const sts = await startSts(t, { keys: new Map([[keys.id, { ...keys, arn: 'arn:node' }]]), now })
  const cloud = cloudIn({ origins: { 'http://169.254.169.254': imds.url }, options: { now } })
  const login = async () => {
    t.equal(await sts.whoami(textOf(await cloud.aws({}, soon()))), 'arn:node')
    return imds.seen.length
  }
  t.equal(await login(), 3)
  clock.now += 5 * 60 * minutes
  t.equal(await login(), 3, 'five hours later, signed anew')
  clock.now += 56 * minutes
  t.equal(await login(), 6)
})

t.test('a token is kept until near its end, and for short lives until half of it', async t => {
  const clock = { now: Date.now() }
  const secret = 'canary-client-secret'
  const env = { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: application, AZURE_CLIENT_SECRET: secret }
  for (const [lifeSeconds, keptMs] of [
    [3600, 55 * minutes],
    [60, 30e3],
  ] as const) {
    const entra = await startEntra(t, { tenant, applications: new Map([[application, { secret }]]), lifeSeconds })
    const origins = { 'https://login.microsoftonline.com': entra.url }
    const cloud = cloudIn({ env, origins, options: { now: () => clock.now } })
    await cloud.azure({}, soon())
    clock.now += keptMs - 1000
    await cloud.azure({}, soon())
    t.equal(entra.seen.length, 1)
    clock.now += 2000
    await cloud.azure({}, soon())
    t.equal(entra.seen.length, 2)
  }
})

t.test('a thousand logins at once make one call', async t => {
  const keys = awsKeys()
  const imds = await startAwsImds(t, { keys, role: 'node' })
  const cloud = cloudIn({ origins: { 'http://169.254.169.254': imds.url } })
  await Promise.all([...Array(1000)].map(() => cloud.aws({}, soon())))
  t.equal(imds.seen.length, 3)
})

t.test('what is still good outlives a service that is away', async t => {
  const clock = { now: Date.now() }
  const keys = awsKeys()
  const imds = await startAwsImds(t, { keys, role: 'node', now: () => clock.now })
  const origins = new Map([['http://169.254.169.254', imds.url]])
  const cloud = cloudIn({ options: { origins, now: () => clock.now } })
  await cloud.aws({}, soon())
  origins.set('http://169.254.169.254', await nowhere(t))
  clock.now += 357 * minutes
  await t.resolves(cloud.aws({}, soon()), 'near the end')
  clock.now += 4 * minutes
  await t.rejects(cloud.aws({}, soon()), { code: 'IdentityUnavailable' }, 'after the end')
  origins.set('http://169.254.169.254', imds.url)
  await t.resolves(cloud.aws({}, soon()), 'and again')
})

t.test('one who leaves does not take the call from the others, the last one ends it', async t => {
  const keep = createKeep<string>(Date.now)
  const { promise, resolve } = Promise.withResolvers<{ value: string; endsAt: number }>()
  const signals: AbortSignal[] = []
  const get = (signal: AbortSignal) => {
    signals.push(signal)
    return promise
  }
  const [one, two] = [new AbortController(), new AbortController()]
  const first = keep.of('a', get, one.signal)
  const second = keep.of('a', get, two.signal)
  one.abort(new Error('first'))
  await t.rejects(first, { message: 'first' })
  t.equal(signals[0]?.aborted, false)
  two.abort(new Error('second'))
  await t.rejects(second, { message: 'second' })
  t.equal(signals[0]?.aborted, true)
  const third = keep.of('a', get, never)
  t.equal(signals.length, 2, 'an ended call is not joined')
  resolve({ value: 'x', endsAt: 0 })
  t.equal(await third, 'x')
  await t.rejects(keep.of('a', get, AbortSignal.abort(new Error('late'))), { message: 'late' })
})

t.test('keys that tenants choose fill no memory, and those of others are not confused', async t => {
  const clock = { now: 0 }
  const keep = createKeep<string>(() => clock.now)
  let calls = 0
  const ask = (key: string) =>
    keep.of(
      key,
      async () => {
        calls += 1
        return { value: key, endsAt: clock.now + 3600e3 }
      },
      never,
    )
  for (let i = 0; i < 1500; i++) t.equal(await ask(`${i}`), `${i}`)
  calls = 0
  await ask('1499')
  await ask('600')
  t.equal(calls, 0, 'the youngest thousand are kept')
  await ask('0')
  t.equal(calls, 1, 'the oldest are not')
  for (const key of ['__proto__', 'constructor', 'toString']) t.equal(await ask(key), key)
})
