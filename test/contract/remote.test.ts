// What a push does to items: created with the tag, overwritten under last-version, deleted; sent once, whatever comes back.
import t, { type Test } from 'tap'
import type { RemoteItem } from '#api'
import { type Fault, Sensitive } from '#core'
import type { GatewayOptions } from '#devgateway'
import { identities, logIn, startGateway, testSeed } from '../support/gateway.ts'
import { faultIn, identity, read, refs, soon, startClient, textOf } from '../unit/akeyless/client.ts'

const begin = async (t: Test, options: Partial<GatewayOptions> = {}, accessId: string = identities.admin) => {
  const gateway = await startGateway(t, testSeed, options)
  const client = startClient(t)
  const who = identity(gateway.url, accessId)
  const item = (path: string, text: string, lastVersion?: number) => ({
    path,
    value: Sensitive.text(text),
    ...(lastVersion === undefined ? {} : { lastVersion }),
  })
  const ops = () => gateway.journal().map(({ op, status }) => `${op} ${status}`)
  return {
    ...{ gateway, client, who, ops },
    look: (path: string): Promise<RemoteItem | undefined> => client.look(who, path, soon()),
    value: async (path: string) => (await client.value(who, path, soon()))?.reveal().toString(),
    create: (path: string, text: string) => client.create(who, item(path, text), soon()),
    update: (path: string, text: string, last?: number) => client.update(who, item(path, text, last), soon()),
    remove: (path: string) => client.remove(who, path, soon()),
  }
}

t.test('an item is made with the tag, and known by it', async t => {
  const { create, look, value, gateway } = await begin(t)
  t.equal(await look('new/item'), undefined)
  t.equal(await value('new/item'), undefined)
  t.equal(await create('new/item', '{"a":"1"}'), 'written')
  t.same(gateway.items().find(({ path }) => path === '/new/item')?.tags, ['k8s-external-secrets'])
  t.same(await look('new/item'), {
    isStatic: true,
    enabled: true,
    isTagged: true,
    isProtected: false,
    lastVersion: 1,
  })
  t.equal(await value('new/item'), '{"a":"1"}')
})

t.test('what a look tells of other items', async t => {
  const { look, gateway } = await begin(t)
  await gateway.put({ path: '/apps/kept', type: 'STATIC_SECRET', value: 'v', deleteProtection: true, enabled: false })
  t.match(await look('/apps/config'), { isStatic: true, isTagged: false, lastVersion: 1 })
  t.match(await look('/apps/db-password'), { lastVersion: 3 })
  t.match(await look('/apps/kept'), { isProtected: true, enabled: false })
  for (const path of ['/apps/dynamic', '/apps/rotated', '/apps/certificate', '/apps/key'])
    t.match(await look(path), { isStatic: false }, path)
  t.same(gateway.leases(), [], 'a look issues nothing')
})

t.test('a name that exists is not made again, and one that moved is not overwritten', async t => {
  const { create, update, value } = await begin(t)
  t.equal(await create('/apps/config', 'other'), 'conflict')
  t.equal(await update('/apps/db-password', 'mine', 2), 'conflict')
  t.equal(await update('/apps/none', 'mine'), 'absent')
  t.equal(await value('/apps/db-password'), 's3cr3t')
  t.equal(await update('/apps/db-password', 'mine', 3), 'written')
  t.equal(await value('/apps/db-password'), 'mine')
})

t.test('where the account keeps versions, each update counts', async t => {
  const { update, look } = await begin(t, { quirks: { keepsVersions: true } })
  t.equal(await update('/apps/config', '{}', 1), 'written')
  t.match(await look('/apps/config'), { lastVersion: 2 })
  t.equal(await update('/apps/config', '{"a":1}', 1), 'conflict')
})

t.test('an item is deleted once, and absent afterwards', async t => {
  const { remove, look } = await begin(t)
  t.equal(await remove('/apps/config'), 'written')
  t.equal(await look('/apps/config'), undefined)
  t.equal(await remove('/apps/config'), 'absent')
})

t.test('a write whose answer is lost is not sent again', async t => {
  const cases = [
    { op: 'create-secret', run: (stage: Stage) => stage.create('/new/lost', 'v') },
    { op: 'update-secret-val', run: (stage: Stage) => stage.update('/apps/config', 'v') },
    { op: 'delete-item', run: (stage: Stage) => stage.remove('/apps/config') },
  ]
  type Stage = Awaited<ReturnType<typeof begin>>
  for (const { op, run } of cases)
    for (const order of [{ lose: true }, { status: 503, body: 'down' }, { truncate: true }]) {
      const stage = await begin(t)
      stage.gateway.fail({ op, ...order })
      t.match(await faultIn(run(stage)), { retry: 'backoff' }, `${op} ${JSON.stringify(order)}`)
      t.equal(stage.ops().filter(line => line.startsWith(op)).length, 1, op)
    }
})

t.test('a token that has expired is replaced and the write sent then', async t => {
  const { create, gateway, ops } = await begin(t)
  await create('/new/a', 'v')
  gateway.revoke()
  t.equal(await create('/new/b', 'v'), 'written')
  t.same(ops(), ['auth 200', 'create-secret 200', 'create-secret 401', 'auth 200', 'create-secret 200'])
})

t.test('what an identity may not do is said by the right that it lacks', async t => {
  const { create, update, remove } = await begin(t, {}, identities.reader)
  const line = async (work: Promise<unknown>) => (await faultIn(work)).line()
  const remedy = (right: string) => `grant ${right} on the path to the access role of the identity`
  t.equal(
    await line(create('/apps/new', 'v')),
    `item "/apps/new" may not be created by this identity → ${remedy('create')}`,
  )
  t.equal(
    await line(update('/apps/config', 'v')),
    `item "/apps/config" may not be written by this identity → ${remedy('update')}`,
  )
  t.equal(
    await line(remove('/apps/config')),
    `item "/apps/config" may not be deleted by this identity → ${remedy('delete')}`,
  )
})

t.test('a value that is too long is told by its length, and never shown', async t => {
  const { create } = await begin(t)
  const fault: Fault = await faultIn(create('/new/long', 'x'.repeat(16385)))
  t.match(fault.line(), /^the gateway refuses 16385 bytes for item "\/new\/long" → push less/)
})

t.test('a value that was read before is not remembered past a write', async t => {
  const { client, who, update } = await begin(t)
  t.same((await read(client, who, refs('/apps/config'))).map(textOf), [
    '{"username":"demo","password":"s3cr3t","port":5432}',
  ])
  await update('/apps/config', '{}')
  t.same((await read(client, who, refs('/apps/config'), { maxAgeMs: 60_000 })).map(textOf), ['{}'])
})

t.test('the official way sees the same item', async t => {
  const { create, gateway } = await begin(t)
  await create('/new/seen', 'v <&> ü')
  const call = await logIn(gateway)
  t.same((await call('get-secret-value', { names: ['/new/seen'] })).body, { '/new/seen': 'v <&> ü' })
  t.same((await call('get-tags', { name: '/new/seen' })).body, ['k8s-external-secrets'])
})
