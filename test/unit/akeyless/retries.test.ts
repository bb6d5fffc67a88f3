import t from 'tap'
import { startGateway } from '../../support/gateway.ts'
import { faultIn, identity, read, refs, soon, startClient, textOf } from './client.ts'

const reads = (calls: readonly { op: string }[], op: string) => calls.filter(call => call.op === op).length

t.test('a store says how often a failed call is tried again', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const cases = [
    { retries: undefined, calls: 3 },
    { retries: { max: 0, intervalMs: 0 }, calls: 1 },
    { retries: { max: 1, intervalMs: 0 }, calls: 2 },
    { retries: { max: 4, intervalMs: 100 }, calls: 5 },
    { retries: { max: 1e9, intervalMs: 0 }, calls: 11 },
    // the deadline of a call is 15 s: what failed is said at once
    { retries: { max: 3, intervalMs: 3600e3 }, calls: 1 },
  ]
  await read(client, identity(gateway.url), refs('/apps/rotated'))
  for (const { retries, calls } of cases) {
    const who = { ...identity(gateway.url), ...(retries && { retries }) }
    gateway.fail({ op: 'get-rotated-secret-value', times: calls, status: 503, body: 'down' })
    const before = reads(gateway.journal(), 'get-rotated-secret-value')
    const name = JSON.stringify(retries)
    t.match(
      await faultIn(client.read(who, refs('/apps/rotated'), { maxAgeMs: 0, scope: '' }, soon())),
      { code: 'GatewayFailed' },
      name,
    )
    t.equal(reads(gateway.journal(), 'get-rotated-secret-value') - before, calls, name)
  }
  t.match((await read(client, identity(gateway.url), refs('/apps/rotated'))).map(textOf), [/r0tated/])
  t.equal(reads(gateway.journal(), 'auth'), 1, 'how often is no part of who')
})

t.test('a lease is never asked for twice, whatever the store says', async t => {
  const gateway = await startGateway(t)
  const who = { ...identity(gateway.url), retries: { max: 5, intervalMs: 0 } }
  gateway.fail({ op: 'get-dynamic-secret-value', status: 503, body: 'down' })
  t.match(await faultIn(read(startClient(t), who, refs('/apps/dynamic'))), { code: 'GatewayFailed' })
  t.equal(reads(gateway.journal(), 'get-dynamic-secret-value'), 1)
})
