// syncWindows hold back refreshes by time, and nothing else; the next look is when a window opens.
import t from 'tap'
import { decide } from '../../../pkg/reconcile/decide.ts'
import { digest, externalSecret, synced } from './build.ts'

const at = (time: string) => new Date(`2026-11-21T${time}Z`)
/** Synced at 11:59:00, due at 11:59:10, a minute from 12:02 on. */
const window = { kind: 'allow', windows: [{ schedule: '2 12 * * *', duration: '1m' }] }
const spec = { refreshInterval: '10s', syncWindows: window }
const before = synced(60, { spec })
const look = (now: Date, es = before) => decide({ externalSecret: es, secret: digest(), sourcesChanged: false, now })

t.test('closed: nothing happens before it opens, to the second', async t => {
  t.same(look(at('12:00:00')), { do: 'skip', afterMs: 120e3 })
  t.same(look(at('12:01:59')), { do: 'skip', afterMs: 1e3 })
})
t.test('open: the refresh that was held back happens', async t => {
  t.match(look(at('12:02:00')), { do: 'sync', reason: 'due' })
  t.match(look(at('12:02:59')), { do: 'sync', reason: 'due' })
})
t.test('closed again: it waits for the next day', async t => {
  t.same(look(at('12:04:00')), { do: 'skip', afterMs: (24 * 60 - 2) * 60e3 })
})
t.test('closed: a first sync, an edit, a change of a source and a repair happen all the same', async t => {
  t.match(look(at('12:00:00'), externalSecret({ spec })), { do: 'sync', reason: 'first' })
  t.match(look(at('12:00:00'), synced(60, { spec }, { syncedResourceVersion: '0-x' })), {
    do: 'sync',
    reason: 'changed',
  })
  const gone = { externalSecret: before, secret: undefined, sourcesChanged: false, now: at('12:00:00') }
  t.match(decide(gone), { do: 'sync', reason: 'drift' })
  const changed = { externalSecret: before, secret: digest(), sourcesChanged: true, now: at('12:00:00') }
  t.match(decide(changed), { do: 'sync', reason: 'sources' })
})
