import t from 'tap'
import { refKey } from '#api'
import { Fault } from '#core'
import type { ItemInspector } from '../../../pkg/reconcile/preview/ports.ts'
import { identities, startGateway, testSeed } from '../../support/gateway.ts'
import { faultIn, identity, refs, soon, startClient } from './client.ts'

const options = { maxAgeMs: 30e3, scope: 'object-1' }
const paths = [
  '/apps/db-password',
  '/apps/config',
  '/apps/rotated',
  '/apps/certificate',
  '/apps/dynamic',
  '/apps/key',
  '/no',
]

t.test(
  'items as a read gives them, but a dynamic one is described; the read that follows asks for nothing more',
  async t => {
    const gateway = await startGateway(t)
    const client = startClient(t) satisfies ItemInspector
    const who = identity(gateway.url)
    const seen = await client.inspect(who, refs(...paths), options, soon())
    const shown = paths.map(path => {
      const found = seen.get(refKey({ path, version: 0 }))
      return found instanceof Fault ? found.code : found && 'text' in found ? found.type : found
    })
    t.same(shown, [
      'STATIC_SECRET',
      'STATIC_SECRET',
      'ROTATED_SECRET',
      'CERTIFICATE',
      { type: 'DYNAMIC_SECRET', leaseMs: 30 * 60e3 },
      'ItemTypeUnsupported',
      'ItemNotFound',
    ])
    const before = gateway.journal().length
    await client.read(who, refs(...paths.slice(0, 4)), options, soon())
    t.equal(gateway.journal().length, before)
    t.notOk(gateway.journal().some(({ op }) => op === 'get-dynamic-secret-value'))
  },
)

t.test('an item that became a dynamic one meanwhile is not leased', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  const [ref] = refs('/apps/db-password')
  if (!ref) throw new Error('no ref')
  await client.inspect(who, [ref], { ...options, maxAgeMs: 0 }, soon())
  await gateway.put({ path: ref.path, type: 'DYNAMIC_SECRET' })
  const seen = await client.inspect(who, [ref], { ...options, maxAgeMs: 0 }, soon())
  t.match(seen.get(refKey(ref)), { code: 'GatewayFailed', message: /changes its type/ })
  t.same(
    await client.inspect(who, [ref], options, soon()),
    new Map([[refKey(ref), { type: 'DYNAMIC_SECRET', leaseMs: 60 * 60e3 }]]),
  )
  t.notOk(gateway.journal().some(({ op }) => op === 'get-dynamic-secret-value'))
})

t.test('a dynamic item that is gone, forbidden or disabled is a fault each time', async t => {
  const items = [...testSeed.items, { path: '/apps/off', type: 'DYNAMIC_SECRET' as const, enabled: false }]
  const gateway = await startGateway(t, { ...testSeed, items })
  const client = startClient(t)
  const codes = async (who: string, path: string) => {
    const seen = await client.inspect(identity(gateway.url, who), refs(path), options, soon())
    return [...seen.values()].map(found => (found instanceof Fault ? found.code : found.type))
  }
  t.same(await codes(identities.admin, '/apps/off'), ['ItemDisabled'])
  t.same(await codes(identities.stranger, '/apps/dynamic'), ['AccessDenied'])
  t.same(await codes(identities.admin, '/apps/gone'), ['ItemNotFound'])
})

t.test('a login that is refused is thrown, as nothing could be looked at', async t => {
  const gateway = await startGateway(t)
  const who = identity(gateway.url, identities.admin, 'wrong')
  const fault = await faultIn(startClient(t).inspect(who, refs(...paths), options, soon()))
  t.equal(fault.code, 'LoginRefused')
})
