import t from 'tap'
import { Fault } from '#core'
import { type Outcome, summarize } from '../../../pkg/reconcile/summarize.ts'
import { ago, externalSecret, now, synced, syncedStatus } from './build.ts'

const at = new Date(now.getTime() - 250)
const moment = { now, controllerClass: 'default' }
const done = {
  did: 'sync',
  written: 'created',
  startedAt: at,
  leaseDueAt: undefined,
  keepsClock: false,
  missing: [],
} as const satisfies Outcome
const unchanged = { ...done, written: 'unchanged' } as const satisfies Outcome
const missing = new Fault('ItemNotFound', 'item "/db" does not exist', {
  path: 'spec.data[0].remoteRef.key',
  remedy: 'check the path',
})
const failure: Outcome = { did: 'fail', faults: [missing], secretExists: true }
const faults = [
  {
    code: 'ItemNotFound',
    path: 'spec.data[0].remoteRef.key',
    message: 'item "/db" does not exist',
    remedy: 'check the path',
  },
]
const line = 'spec.data[0].remoteRef.key: item "/db" does not exist → check the path'

t.test('the first sync fills the whole status in one patch and tells that the Secret was created', async t => {
  const es = externalSecret()
  const { patch, events } = summarize(es, done, moment)
  t.same(patch, {
    ...syncedStatus(es, 1),
    refreshTime: '2026-11-21T11:59:59Z',
    conditions: [
      { type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced', lastTransitionTime: ago(0) },
    ],
  })
  t.same(events, [{ type: 'Normal', reason: 'Created', message: 'secret created' }])
})

t.test('a refresh that finds nothing new moves refreshTime alone, without an event', async t => {
  t.same(summarize(synced(3600), unchanged, moment), { patch: { refreshTime: '2026-11-21T11:59:59Z' }, events: [] })
})

t.test('a written Secret is told', async t => {
  const { events } = summarize(synced(3600), { ...done, written: 'updated' }, moment)
  t.same(events, [{ type: 'Normal', reason: 'Updated', message: 'secret updated' }])
})

t.test('the end of a lease is written, and taken away once nothing is leased', async t => {
  const leaseDueAt = new Date(now.getTime() + 90_500)
  t.match(summarize(synced(3600), { ...unchanged, leaseDueAt }, moment).patch, {
    nextRefreshTime: '2026-11-21T12:01:30Z',
  })
  const leased = synced(3600, {}, { nextRefreshTime: ago(5) })
  t.match(summarize(leased, unchanged, moment).patch, { nextRefreshTime: null })
})

t.test('a repair with the values of the last refresh does not move the clock', async t => {
  const { patch } = summarize(synced(600), { ...unchanged, keepsClock: true }, moment)
  t.equal(patch, undefined)
})

t.test('a failure names ref and cause, says since when the Secret is kept, and moves nothing else', async t => {
  const { patch, events } = summarize(synced(3600), failure, moment)
  const message = `${line}; Secret kept as of ${ago(3600)}`
  t.same(patch, {
    conditions: [{ type: 'Ready', status: 'False', reason: 'SecretSyncedError', message, lastTransitionTime: ago(0) }],
    faults,
  })
  t.same(events, [{ type: 'Warning', reason: 'ItemNotFound', message }])
})

t.test('the same failure again writes nothing and tells nothing', async t => {
  const message = `${line}; Secret kept as of ${ago(3600)}`
  const conditions = [
    { type: 'Ready', status: 'False', reason: 'SecretSyncedError', message, lastTransitionTime: ago(60) },
  ]
  t.same(summarize(synced(3600, {}, { conditions, faults }), failure, moment), { patch: undefined, events: [] })
})

t.test('another failure changes the message but not the time of transition', async t => {
  const conditions = [
    { type: 'Ready', status: 'False', reason: 'SecretSyncedError', message: 'other', lastTransitionTime: ago(60) },
  ]
  const { patch, events } = summarize(synced(3600, {}, { conditions }), failure, moment)
  t.match(patch, { conditions: [{ status: 'False', lastTransitionTime: ago(60) }] })
  t.equal(events.length, 1)
})

t.test('a failure without a Secret promises none', async t => {
  for (const es of [externalSecret(), synced(3600)]) {
    const { patch } = summarize(es, { ...failure, secretExists: false }, moment)
    t.match(patch, { conditions: [{ message: line }] })
  }
})

t.test('several faults are told at once, ten at most', async t => {
  const faults = Array.from({ length: 13 }, (_, index) => missing.at(`spec.data[${index}]`))
  const { patch } = summarize(externalSecret(), { ...failure, faults: [...faults, faults[0]!] }, moment)
  t.match(patch, {
    conditions: [{ message: /^spec\.data\[0\]: .*; spec\.data\[9\]: .*; and 3 more$/ }],
  })
})

t.test('a message is never longer than 4 KiB', async t => {
  const faults = Array.from({ length: 10 }, (_, index) => missing.at(`spec.data["${'k'.repeat(900)}${index}"]`))
  const { patch } = summarize(externalSecret(), { ...failure, faults, secretExists: false }, moment)
  t.match(patch, { conditions: [{ message: /^.{4095}…$/ }] })
})

t.test('a failure is seen for the generation that it speaks of', async t => {
  const es = externalSecret({ metadata: { generation: 7 }, status: { ...synced(60).status } })
  t.match(summarize(es, failure, moment).patch, { observedGeneration: 7 })
})

t.test(
  'the class that serves it is told where that is not the default, once the kinds have a place for it',
  async t => {
    const blue = { now, controllerClass: 'blue' }
    t.match(summarize(externalSecret(), done, blue).patch, { controllerClass: 'blue' })
    t.notMatch(summarize(externalSecret(), done, moment).patch, { controllerClass: '' })
    const affirmed = synced(60)
    t.same(summarize(affirmed, { did: 'affirm' }, blue).patch, { controllerClass: 'blue' })
    const { observedGeneration: _, ...pruned } = affirmed.status ?? {}
    t.equal(summarize({ ...affirmed, status: pruned }, { did: 'affirm' }, blue).patch, undefined)
    const handedOver = { ...affirmed, status: { ...affirmed.status, controllerClass: 'blue' } }
    t.same(summarize(handedOver, { did: 'affirm' }, moment).patch, { controllerClass: null })
  },
)

t.test('recovery flips the condition and its time', async t => {
  const conditions = [
    { type: 'Ready', status: 'False', reason: 'SecretSyncedError', message: 'x', lastTransitionTime: ago(60) },
  ]
  for (const outcome of [unchanged, { did: 'affirm' } as const]) {
    const { patch, events } = summarize(synced(60, {}, { conditions }), outcome, moment)
    t.match(patch, { conditions: [{ status: 'True', message: 'secret synced', lastTransitionTime: ago(0) }] })
    t.equal('refreshTime' in (patch ?? {}), outcome.did === 'sync')
    t.same(events, [])
  }
})

t.test('items without any key retain the Secret, as ESO says it', async t => {
  const { patch } = summarize(synced(3600), { did: 'retain', startedAt: at, keepsClock: false }, moment)
  t.match(patch, { conditions: [{ status: 'True', message: 'secret retained due to DeletionPolicy=Retain' }] })
})

t.test('conditions of other types stay', async t => {
  const other = { type: 'Deleted', status: 'False' }
  const { patch } = summarize(externalSecret({ status: { conditions: [other] } }), done, moment)
  t.match(patch, { conditions: [other, { type: 'Ready' }] })
})

const clock = { startedAt: at, keepsClock: false }
const outcomes: { name: string; outcome: Outcome; ready: [string, string]; binds: boolean }[] = [
  {
    name: 'none',
    outcome: { did: 'none', ...clock, missing: [] },
    ready: ['SecretSynced', 'secret synced'],
    binds: false,
  },
  {
    name: 'absent',
    outcome: { did: 'absent', ...clock },
    ready: ['SecretMissing', 'secret will not be created due to CreationPolicy=Merge'],
    binds: false,
  },
  {
    name: 'deleted',
    outcome: { did: 'delete', removed: true, ...clock, missing: [missing] },
    ready: ['SecretDeleted', 'secret deleted due to DeletionPolicy=Delete'],
    binds: false,
  },
  {
    name: 'never made',
    outcome: { did: 'delete', removed: false, ...clock, missing: [missing] },
    ready: ['SecretDeleted', 'secret deleted due to DeletionPolicy=Delete'],
    binds: false,
  },
  { name: 'written', outcome: { ...done, missing: [missing] }, ready: ['SecretSynced', 'secret synced'], binds: true },
]
for (const { name, outcome, ready, binds } of outcomes) {
  t.test(`the words of ESO, and the clock moves: ${name}`, async t => {
    const { patch, events } = summarize(externalSecret(), outcome, moment)
    const [reason, message] = ready
    t.match(patch, {
      conditions: [{ type: 'Ready', status: 'True', reason, message }],
      refreshTime: '2026-11-21T11:59:59Z',
      syncedResourceVersion: /^1-/,
    })
    t.equal('binding' in (patch ?? {}), binds)
    const gone = 'missing' in outcome && outcome.missing.length > 0
    t.same(patch?.['faults'], gone ? faults : undefined, 'what is gone is told by ref')
    t.equal(events.filter(event => event.reason === 'MissingProviderSecret').length, gone ? 1 : 0)
  })
}

t.test('items that stay gone are told once', async t => {
  const before = synced(60, {}, { faults })
  const { events } = summarize(before, { ...unchanged, missing: [missing] }, moment)
  t.same(events, [])
})
