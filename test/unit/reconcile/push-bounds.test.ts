// What a pass may read, hold and do: Secrets are a tenant's, and so are gateways and what they answer.
import t from 'tap'
import { PushSecret } from '#api'
import { Fault, Sensitive } from '#core'
import { createIdentities } from '../../../pkg/reconcile/identities.ts'
import { say } from '../../../pkg/reconcile/next.ts'
import { fewAtOnce } from '../../../pkg/reconcile/push/considered.ts'
import { createPushes } from '../../../pkg/reconcile/push/controller.ts'
import type { RemoteItems, SourceSecret } from '../../../pkg/reconcile/push/ports.ts'
import { isForeignPush, resolvePush } from '../../../pkg/reconcile/push/stores.ts'
import { effortMs } from '../../support/effort.ts'
import { secretStore } from './build.ts'
import { world } from './ports.ts'

const many = <T>(count: number, one: (index: number) => T) => Array.from({ length: count }, (_, index) => one(index))
const pushSecret = (spec: object): PushSecret =>
  PushSecret.parse({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'push', namespace: 'demo', uid: 'u', resourceVersion: '1', generation: 1 },
    spec: {
      secretStoreRefs: [{ name: 'main' }],
      selector: { secret: { name: 'source' } },
      data: [{ match: { remoteRef: { remoteKey: '/a' } } }],
      ...spec,
    },
  })
const secretOf = (name: string, values: Readonly<Record<string, string>>): SourceSecret => ({
  name,
  resourceVersion: '7',
  values: new Map(Object.entries(values).map(([key, text]) => [key, Sensitive.text(text)])),
})

interface Stage {
  readonly spec: object
  readonly secrets?: readonly SourceSecret[]
  /** What every item holds already; undefined: there is none. */
  readonly held?: string
  /** How an update ends. */
  readonly update?: RemoteItems['update']
}
/** One pass; what it asked the gateway, how many at once, and what the status says. */
const pass = async ({ spec, secrets = [secretOf('source', { k: 'v' })], held, update }: Stage) => {
  const state = world({ stores: [secretStore()], pushSecrets: [pushSecret(spec)] })
  const calls: string[] = []
  let running = 0
  let most = 0
  let listed = 0
  const ask = async <T>(call: string, answer: () => T): Promise<T> => {
    calls.push(call)
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    return answer()
  }
  const item = { isStatic: true, enabled: true, isTagged: true, isProtected: false, lastVersion: 1 }
  const deps = {
    ...state.deps,
    sources: {
      read: async () => secrets[0],
      list: async (_namespace: string, _labels: string, visit: (secret: SourceSecret) => void) => {
        for (const secret of secrets) {
          listed += 1
          visit(secret)
        }
      },
    },
    remote: {
      look: () => ask('look', () => (held === undefined ? undefined : item)),
      value: () => ask('value', () => (held === undefined ? undefined : Sensitive.text(held))),
      create: () => ask('create', () => 'written' as const),
      update: update ?? (() => ask('update', () => 'written' as const)),
      remove: () => ask('remove', () => 'written' as const),
    },
  }
  const identities = createIdentities(deps, deps.now)
  const onError = (error: unknown) => t.error(error)
  const queue = { concurrency: 1, now: () => 0, setTimer: () => () => {}, random: () => 0, onError }
  const pushes = createPushes({ deps, say, identities, suspect: () => {}, queue })
  pushes.start()
  await pushes.queue.idle()
  await pushes.queue.stop(0)
  const count = (call: string) => calls.filter(each => each === call).length
  return { count, most, listed, statuses: state.statuses.map(({ status }) => JSON.stringify(status)) }
}
const entries = (count: number) =>
  many(count, index => ({ match: { secretKey: 'k', remoteRef: { remoteKey: `/i${index}`, property: 'p' } } }))

t.test('items are considered and written a few at once, and declared in one status write', async t => {
  const { count, most, statuses } = await pass({ spec: { data: entries(100), deletionPolicy: 'Delete' } })
  t.equal(count('create'), 100)
  t.equal(most, 8)
  t.equal(statuses.length, 2, 'before and after')
  t.match(statuses[1], /PushSecret synced successfully/)
})

t.test('what a gateway answers is not held beyond 16 MiB: nothing is sent, and the status says why', async t => {
  const held = JSON.stringify({ x: 'a'.repeat(3_900_000) })
  const { count, most, statuses } = await pass({ spec: { data: entries(150) }, held })
  t.ok(count('value') <= 4 + 8, `${count('value')} of 150 items are read`)
  t.ok(most <= 8)
  t.equal(count('update'), 0)
  t.match(
    statuses.join(),
    'spec: its items would hold more than 16 MiB together → split it into several PushSecrets, or push to items that hold less',
  )
})

t.test('nor what is read again after a conflict, beyond a few at once', async t => {
  let running = 0
  let most = 0
  const update = async () => {
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    return 'conflict' as const
  }
  const { statuses } = await pass({ spec: { data: entries(50) }, held: '{"p":"old"}', update })
  t.equal(most, 8)
  t.match(statuses.join(), /was written by somebody else/)
})

t.test('what is equal already is held for nobody', async t => {
  const held = JSON.stringify({ x: 'a'.repeat(500_000), p: 'v' })
  const { count, statuses } = await pass({ spec: { data: entries(50) }, held })
  t.equal(count('update'), 0)
  t.match(statuses.join(), /PushSecret synced successfully/)
})

const byLabels = { selector: { secret: { selector: {} } }, data: [], dataTo: [{ storeRef: { name: 'main' } }] }
const mebibyte = 'a'.repeat(1024 * 1024)

t.test('Secrets that labels choose are read up to 8 MiB', async t => {
  const { count, listed, statuses } = await pass({
    spec: byLabels,
    secrets: many(300, index => secretOf(`s${index}`, { [`k${index}`]: mebibyte })),
  })
  t.equal(listed, 8)
  t.equal(count('look'), 0)
  t.match(
    statuses.join(),
    'spec.selector.secret.selector: the Secrets with these labels hold more than 8 MiB → select fewer, or make several PushSecrets that name one each',
  )
})

t.test('and up to a thousand, keys of nothing included', async t => {
  const few = await pass({ spec: byLabels, secrets: many(1_200, index => secretOf(`s${index}`, {})) })
  t.equal(few.listed, 1_001)
  t.match(few.statuses.join(), 'spec.selector.secret.selector: more than 1000 Secrets have these labels')
  const empty = Object.fromEntries(many(20_000, index => [index.toString(36), '']))
  const keys = await pass({ spec: byLabels, secrets: many(20, index => secretOf(`s${index}`, empty)) })
  t.equal(keys.listed, 5)
  t.match(keys.statuses.join(), 'hold more than 8 MiB')
})

t.test('a thousand items and no more', async t => {
  const keys = Object.fromEntries(many(30_000, index => [`k${index}`, 'v']))
  const { count, statuses } = await pass({
    spec: { data: [], dataTo: [{ storeRef: { name: 'main' } }] },
    secrets: [secretOf('source', keys)],
  })
  t.equal(count('look'), 0)
  t.equal(statuses.length, 1)
  t.match(statuses[0], 'spec: makes at least 30000 items, all stores together; 1000 are allowed')
})

t.test('many references to many stores', async t => {
  const labelled = (count: number) =>
    world({ stores: many(count, index => secretStore({ metadata: { name: `s${index}`, labels: { a: 'b' } } })) }).deps
  const refs = (count: number, team: string) =>
    pushSecret({ secretStoreRefs: many(count, () => ({ labelSelector: { matchLabels: { a: team } } })) })
  const started = effortMs()
  t.equal(isForeignPush(refs(15_000, 'b'), labelled(300)), false)
  t.equal(isForeignPush(refs(15_000, 'c'), labelled(300)), false)
  // seconds where each reference was held against each store
  t.ok(effortMs() - started < 1_000)
  const resolved = resolvePush(refs(1, 'b'), labelled(101))
  t.match(resolved.is === 'refused' && resolved.faults.map(fault => fault.line()), [
    'spec.secretStoreRefs: chooses 101 stores, 100 are allowed → select fewer by label, or split it into several PushSecrets',
  ])
  t.equal(resolvePush(refs(1, 'b'), labelled(100)).is, 'usable')
  t.match(
    (await pass({ spec: { secretStoreRefs: many(101, () => ({ name: 'main' })) } })).statuses.join(),
    'spec.secretStoreRefs: has 101 entries, more than 100',
    'the rules are asked before a Secret is read',
  )
})

t.test('of a few at once a throw ends the others, and those that run are awaited', async t => {
  const log: string[] = []
  const work = async (job: number): Promise<number> => {
    log.push(`begin ${job}`)
    await new Promise(setImmediate)
    if (job === 3) throw new Fault('Unexpected', 'no')
    await new Promise(setImmediate)
    log.push(`end ${job}`)
    return job
  }
  await t.rejects(fewAtOnce([...Array(100).keys()], work), { message: 'no' })
  t.equal(log.filter(line => line.startsWith('begin')).length, 8)
  t.equal(log.filter(line => line.startsWith('end')).length, 7)
  t.same(await fewAtOnce([5, 6], work), [5, 6])
})
