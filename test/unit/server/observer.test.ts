import t from 'tap'
import { Fault } from '#core'
import { createLog, createMetrics } from '#observe'
import { createObserver } from '../../../server/observer.ts'

const app = {
  kind: 'ExternalSecret',
  apiVersion: 'external-secrets.io/v1',
  namespace: 'demo',
  name: 'app',
  uid: 'u',
} as const

const start = () => {
  const lines: Record<string, unknown>[] = []
  const log = createLog({ level: 'info', to: { write: line => void lines.push(JSON.parse(line)) } })
  const metrics = createMetrics({ runtime: false })
  return { lines, metrics, observer: createObserver(log, metrics) }
}
const missing = new Fault('ItemNotFound', 'item "/db" not found', { path: 'spec.data[0]', remedy: 'create it' })

t.test('a failure is a warning with the field, the words and the remedy, and no "synced"', async t => {
  const { lines, observer } = start()
  observer.synced(app, { faults: [missing], tookMs: 1.23 })
  t.match(lines, [
    {
      level: 'warn',
      msg: 'not synced',
      name: 'app',
      code: 'ItemNotFound',
      fault: { path: 'spec.data[0]', message: 'item "/db" not found', remedy: 'create it' },
    },
  ])
})

t.test('the same failure is told once; another, and the same after a success, anew', async t => {
  const { lines, metrics, observer } = start()
  const denied = new Fault('AccessDenied', 'no')
  for (const faults of [[missing], [missing], [denied], [], [denied]]) observer.synced(app, { faults, tookMs: 1 })
  t.same(
    lines.map(({ msg, code }) => `${msg} ${code}`),
    ['not synced ItemNotFound', 'not synced AccessDenied', 'synced ok', 'not synced AccessDenied'],
  )
  t.match(await metrics.text(), /externalsecret_sync_calls_error\{[^}]*\} 4/, 'counted each time')
  observer.removed(app)
  observer.synced(app, { faults: [denied], tookMs: 1 })
  t.equal(lines.length, 5, 'an object that is gone is forgotten')
})
