// The token of a universal identity is rotated and its successor written back into the Secret that it came from, whatever
// happens in between.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { Agent, request } from 'undici'
import type { SeedInput } from '#devgateway'
import { startAudit } from '../support/audit.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  secretStore,
  settled,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
const first = 'u-first-token-not-a-secret'
const other = 'u-other-token-not-a-secret'
const accessId = 'p-uidtokenuiduub'
const lifeMs = 60 * 60e3
const encode = (text: string) => Buffer.from(text).toString('base64')

const common = { type: 'universal_identity' as const, tokenTtlMinutes: lifeMs / 60e3 }
const rules = [{ path: '/*', allow: ['read' as const, 'list' as const] }]
const seed: SeedInput = {
  identities: [
    { ...common, accessId, token: first, rules },
    { ...common, accessId: 'p-uidtokenuidvvb', token: other, rules },
  ],
  items: [{ path: '/one', type: 'STATIC_SECRET', value: 'v1' }],
}

type Tap = Parameters<typeof namespaceFor>[0] & Parameters<typeof settled>[0]

/** Tokens live for an hour on the gateway's clock, which is so far behind that they seem to end in four seconds. */
const setUp = async (t: Tap) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  const now = () => new Date(Date.now() - lifeMs + 4_000)
  const gateway = await startTlsGateway(t, seed, { now, random: randomBytes })
  const audit = await startAudit(t)
  const creds = `${paths.secrets}/creds`
  const start = () => startLatchkey(t, { namespace, gateway, kubeconfig: audit.kubeconfig })
  const latchkey = await start()
  await create(paths.secrets, credentials({ accessId, accessType: 'universal_identity', accessKey: `${first}\n` }))
  const token = async () => textsOf(await get(creds))['accessTypeParam']?.trim() ?? ''
  const dispatcher = new Agent({ connect: { ca: readFileSync(gateway.caFile, 'utf8') } })
  t.teardown(() => dispatcher.close())
  /** Whether the gateway takes it. */
  const isGood = async (which: string): Promise<boolean> => {
    const body = JSON.stringify({ token: which })
    const answer: Json = await (
      await request(`${gateway.url}/validate-token`, { method: 'POST', dispatcher, body })
    ).body.json()
    return answer.is_valid
  }
  const rotations = () => gateway.journal().filter(({ op }) => op === 'uid-rotate-token')
  /** Makes the store, and something that reads through it each second: a token is rotated when it is used. */
  const use = async () => {
    await create(paths.stores, secretStore())
    await whenReady(t, `${paths.stores}/store`)
    await create(paths.externalSecrets, externalSecret('app', { refreshInterval: '1s', data: [entry('k', '/one')] }))
  }
  /** What the item is now gets into the Secret: whoever reads is still logged in. */
  const works = async (value: string) => {
    gateway.rotate('/one', value)
    await settled(t, `${paths.secrets}/app`, secret => textsOf(secret)['k'] === value)
  }
  return { namespace, paths, gateway, audit, creds, start, latchkey, token, isGood, rotations, use, works }
}

const changed = (t: Tap, token: () => Promise<string>, from = first) =>
  until(t, 'another token in the Secret', async () => {
    const now = await token()
    return now === from ? undefined : now
  })

t.test('the successor is where the token was, the rest of the Secret stays, and nobody logs in again', async t => {
  const { paths, gateway, creds, token, rotations, use, works, latchkey, audit } = await setUp(t)
  const before: Json = await get(creds)
  await use()
  const next = await changed(t, token)
  t.match(next, /^u-/)
  const after: Json = await get(creds)
  t.same({ ...after.data, accessTypeParam: '' }, { ...before.data, accessTypeParam: '' })
  t.same(after.metadata.labels, before.metadata.labels)
  await until(t, 'the acknowledgement', () => (rotations().length === 2 ? true : undefined))
  t.same(
    rotations().map(({ status }) => status),
    [200, 200],
  )
  await works('v2')
  t.equal(gateway.journal().filter(({ op }) => op === 'auth').length, 0, 'there is nothing to exchange')
  const put = audit.writes().filter(write => write === `PUT ${creds}`)
  t.equal(put.length, 1, 'one write')
  t.match((await get(`${paths.stores}/store`)).status.conditions, [{ status: 'True', reason: 'Valid' }])
  const said = JSON.stringify([latchkey.lines(), await get(paths.events), gateway.journal()])
  for (const secret of [first, next]) t.notOk(said.includes(secret))
})

t.test('somebody who edits the Secret at the same time loses nothing', async t => {
  const { gateway, audit, creds, token, rotations, use, works } = await setUp(t)
  audit.hold('PUT', creds, async () => {
    await patch(creds, { data: { note: encode('mine') }, metadata: { labels: { team: 'blue' } } })
    return true
  })
  await use()
  const next = await changed(t, token)
  const secret: Json = await get(creds)
  t.match(textsOf(secret), { note: 'mine', accessTypeParam: next, accessId })
  t.equal(secret.metadata.labels.team, 'blue')
  const puts = audit.asked().filter(({ method, path }) => method === 'PUT' && path === creds)
  t.same(
    puts.map(({ status }) => status),
    [409, 200],
  )
  await works('v2')
  t.equal(rotations().length, 2)
  t.equal(gateway.journal().filter(({ status }) => status >= 400).length, 0)
})

t.test('a token that somebody puts there at the same time is theirs, and stays', async t => {
  const { audit, creds, token, use, works } = await setUp(t)
  audit.hold('PUT', creds, async () => {
    await patch(creds, { data: { accessTypeParam: encode(other), accessId: encode('p-uidtokenuidvvb') } })
    return true
  })
  await use()
  await changed(t, token)
  t.equal(await token(), other)
  await works('v2')
})

t.test('killed between rotation and write-back, the token in the Secret is still one that works', async t => {
  const { paths, audit, creds, token, isGood, rotations, use, works, latchkey, start } = await setUp(t)
  const killed = new Promise<void>(done => {
    audit.hold('PUT', creds, async () => {
      await latchkey.kill()
      done()
      return false
    })
  })
  await use()
  await killed
  t.equal(await token(), first)
  t.equal(rotations().length, 1)
  t.equal(await isGood(first), true)
  await start()
  await works('v2')
  await whenReady(t, `${paths.stores}/store`)
  const next = await changed(t, token)
  await works('v3')
  t.equal(await isGood(next), true)
  await until(t, 'the old one to be over', async () => ((await isGood(first)) ? undefined : true))
})

t.test('killed between write-back and acknowledgement, the successor in the Secret works', async t => {
  const { gateway, audit, creds, token, isGood, rotations, use, works, latchkey, start } = await setUp(t)
  const acknowledging = new Promise<void>(arrived => {
    audit.hold('PUT', creds, async () => {
      // the next of them is the acknowledgement
      void gateway.hold('uid-rotate-token', 'before').arrived.then(arrived)
      return true
    })
  })
  await use()
  // killed before that call is there, it would hang the successor's first rotation instead
  await acknowledging
  const next = await changed(t, token)
  await latchkey.kill()
  t.equal(rotations().length, 1)
  t.same([await isGood(first), await isGood(next)], [true, true])
  await start()
  await works('v2')
  const later = await changed(t, token, next)
  await works('v3')
  t.equal(await isGood(later), true)
})
