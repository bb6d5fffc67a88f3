import t from 'tap'
import type { Login } from '#api'
import { startGateway } from '../../support/gateway.ts'
import { identity, json, read, refs, soon, startClient, startServer } from './client.ts'
import { as, countingProofs } from './proofs.ts'

const minute = 60e3

t.test('1,000 reads of one identity cost one login, also over 100 stores', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const outcomes = await Promise.all(
    Array.from({ length: 1000 }, (_, index) =>
      read(client, { ...identity(gateway.url), ignoreCache: index % 100 === 0 }, refs('/apps/db-password'), {
        scope: `object-${index}`,
      }),
    ),
  )
  t.ok(outcomes.flat().every(outcome => 'text' in outcome))
  t.equal(gateway.journal().filter(({ op }) => op === 'auth').length, 1)
})

t.test('100 identities cost 100 logins', async t => {
  const accessKey = 'k'
  const accessIds = Array.from({ length: 100 }, (_, index) => `p-${String(index).padStart(14, '0')}`)
  const gateway = await startGateway(t, {
    identities: accessIds.map(accessId => ({ type: 'api_key', accessId, accessKey, rules: [] })),
    items: [],
  })
  const client = startClient(t)
  for (let round = 0; round < 3; round++)
    await Promise.all(accessIds.map(accessId => client.login(identity(gateway.url, accessId, accessKey), soon())))
  t.same(
    gateway
      .journal()
      .map(({ accessId }) => accessId)
      .sort(),
    accessIds,
  )
})

t.test('a ServiceAccount is asked for one token per identity and life of a login', async t => {
  const clock = { now: Date.parse('2026-11-21T12:00:00Z') }
  const bodies: string[] = []
  const server = await startServer(t, (request, response, body) => {
    if (request.url !== '/v2/auth') return json(response, 200, { item_name: '/a', item_type: 'STATIC_SECRET' })
    bodies.push(body)
    return json(response, 200, { token: 't-1', expiration: new Date(clock.now + 60 * minute).toISOString() })
  })
  const proofs = countingProofs()
  const client = startClient(t, { proofs, now: () => clock.now })
  const account = (name: string): Login => ({
    type: 'k8s',
    accessId: 'p-1',
    config: 'c',
    token: { from: 'service-account', namespace: 'demo', name, audiences: [] },
  })
  const describe = () =>
    Promise.all(
      ['a', 'b'].flatMap(name =>
        [...Array(100)].map((_, index) => client.describe(as(`${server.url}/v2`, account(name)), `/${index}`, soon())),
      ),
    )
  await describe()
  await describe()
  clock.now += 47 * minute
  await describe()
  t.equal(proofs.asked.length, 2)
  clock.now += 2 * minute
  await describe()
  t.equal(proofs.asked.length, 4)
  t.equal(new Set(bodies).size, 4, 'a new token each time')
})
