import t from 'tap'
import { type ClusterExternalSecret, PushSecret } from '#api'
import { Fault } from '#core'
import { createController } from '../../../pkg/reconcile/controller.ts'
import type { FanObject } from '../../../pkg/reconcile/fan/port.ts'
import type { Namespace } from '../../../pkg/reconcile/ports.ts'
import { externalSecret } from './build.ts'
import { childIn, clusterExternalSecret, clusterPushSecret, namespaceOf } from './fan-build.ts'
import { settle, type World, world } from './ports.ts'

/** A controller whose timers are kept and fired by hand. */
const start = (state: World) => {
  const timers: { ms: number; fire: () => void }[] = []
  let clock = 0
  const errors: unknown[] = []
  const controller = createController({
    deps: state.deps,
    timing: {
      now: () => clock,
      setTimer: (ms, fire) => {
        const timer = { ms, fire }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
      },
    },
    concurrency: { externalSecrets: 4, stores: 4, pushSecrets: 4 },
    onError: error => errors.push(error),
  })
  controller.start()
  /** Everything that left the reconciler until it was quiet, but for what the children themselves cause. */
  const quiet = async () => {
    await controller.idle()
    const statuses = state.statuses.filter(({ object }) => object.kind.startsWith('Cluster'))
    const log = state.log.splice(0).filter(line => !/^patch ExternalSecret|^event ExternalSecret/.test(line))
    settle(state)
    return { log, status: statuses.at(-1)?.status }
  }
  const advance = async (ms: number) => {
    clock += ms
    for (const { fire } of timers.splice(0)) fire()
    return quiet()
  }
  return { controller, quiet, advance, timers, errors }
}

const setUp = (fan: FanObject, namespaces: Namespace[], parts: Parameters<typeof world>[0] = {}) => {
  const state = world({ fans: [fan], namespaces, ...parts })
  return { state, ...start(state) }
}
const [a, b] = [namespaceOf('a'), namespaceOf('b')]

t.test('children are made, the status tells where, and the next looks write nothing', async t => {
  const { quiet, advance } = setUp(clusterExternalSecret(), [b, a])
  const first = await quiet()
  t.same(first.log, [
    'create ExternalSecret a/app',
    'create ExternalSecret b/app',
    'event ClusterExternalSecret Normal Created',
    'patch ClusterExternalSecret app: externalSecretName provisionedNamespaces conditions',
  ])
  t.same(first.status, {
    externalSecretName: 'app',
    provisionedNamespaces: ['a', 'b'],
    conditions: [{ type: 'Ready', status: 'True' }],
  })
  for (const hour of [1, 2]) t.same((await advance(hour * 4_000_000)).log, [], `look ${hour}`)
})

t.test('what ESO has made is continued without a write', async t => {
  const fan = clusterExternalSecret({
    status: {
      externalSecretName: 'app',
      provisionedNamespaces: ['a', 'b'],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  })
  const externalSecrets = ['a', 'b'].map(each => childIn(fan, each, { labels: undefined, annotations: undefined }))
  t.same((await setUp(fan, [a, b], { externalSecrets }).quiet()).log, [])
})

t.test('ClusterPushSecret does the same, with the reasons of a PushSecret', async t => {
  const { state, quiet, advance } = setUp(clusterPushSecret(), [a])
  const { log, status } = await quiet()
  t.match(log, ['create PushSecret a/app', 'event ClusterPushSecret Normal Created'])
  t.match(status, {
    pushSecretName: 'app',
    provisionedNamespaces: ['a'],
    conditions: [{ type: 'Ready', status: 'True', reason: 'Synced', lastTransitionTime: '2026-11-21T12:00:00Z' }],
  })
  t.ok(PushSecret.safeParse(state.pushSecrets[0]).success)
  t.same((await advance(4_000_000)).log, [])
})

t.test('somebody else’s object of that name is left alone and told, and its end is heard', async t => {
  const foreign = externalSecret({ metadata: { namespace: 'a', uid: 'uid-foreign' } })
  const { state, controller, quiet, timers } = setUp(clusterExternalSecret(), [a, b], { externalSecrets: [foreign] })
  const { log, status } = await quiet()
  t.same(
    log.filter(line => line.includes('ExternalSecret a/')),
    [],
  )
  const reason =
    'external secret already exists in namespace: "app" → delete it, or choose another spec.externalSecretName'
  t.match(status, {
    provisionedNamespaces: ['b'],
    failedNamespaces: [{ namespace: 'a', reason }],
    conditions: [{ status: 'False', message: `one or more namespaces failed: a: ${reason}` }],
  })
  t.ok(
    timers.every(({ ms }) => ms >= 3_600_000),
    'nothing is tried again before the interval is over',
  )
  state.externalSecrets.shift()
  controller.onExternalSecret({ type: 'deleted', key: 'a/app', object: foreign })
  const after = await quiet()
  t.match(after.log, ['create ExternalSecret a/app'])
  t.match(after.status, {
    provisionedNamespaces: ['a', 'b'],
    failedNamespaces: null,
    conditions: [{ status: 'True' }],
  })
})

t.test('a child that the watch does not show yet is read and recognised', async t => {
  const maker = clusterExternalSecret()
  const { state, quiet } = setUp(maker, [a])
  state.next.child = verb => {
    if (verb !== 'create') return undefined
    state.externalSecrets.push(childIn(maker, 'a'))
    state.next.child = () => undefined
    return { did: 'conflict' }
  }
  const { log, status } = await quiet()
  t.match(log, ['create ExternalSecret a/app', 'get ExternalSecret a/app', /^patch/])
  t.match(status, { provisionedNamespaces: ['a'] })
})

t.test('a namespace that goes while its child is made is neither provisioned nor failed', async t => {
  const { state, quiet } = setUp(clusterExternalSecret(), [a, b])
  state.next.child = (_, { metadata }) => (metadata.namespace === 'a' ? { did: 'gone' } : undefined)
  const { status } = await quiet()
  t.match(status, { provisionedNamespaces: ['b'], conditions: [{ status: 'True' }] })
  t.notMatch(status, { failedNamespaces: [{ namespace: 'a' }] })
})

t.test(
  'a refusal in one namespace stops no other, is told in its words, and is tried again with growing delay',
  async t => {
    const { state, quiet, advance, timers } = setUp(clusterExternalSecret(), [a, b])
    const refusal = new Fault('ClusterRefused', 'cannot create ExternalSecret a/app: exceeded quota: count', {
      remedy: '',
    })
    const refuse: NonNullable<World['next']['child']> = (_, { metadata }) => {
      if (metadata.namespace === 'a') throw refusal
      return undefined
    }
    state.next.child = refuse
    const { log, status } = await quiet()
    t.match(log, ['create ExternalSecret a/app', 'create ExternalSecret b/app'])
    t.match(log, /event ClusterExternalSecret Warning ClusterRefused/)
    t.match(status, {
      provisionedNamespaces: ['b'],
      failedNamespaces: [{ namespace: 'a', reason: 'cannot create ExternalSecret a/app: exceeded quota: count' }],
    })
    t.ok(timers.length > 0 && timers.every(({ ms }) => ms >= 1_000))
    t.same(
      (await advance(5_000)).log,
      ['create ExternalSecret a/app'],
      'only where it failed, and nothing is said twice',
    )
    state.next.child = () => undefined
    t.match((await advance(600_000)).status, { provisionedNamespaces: ['a', 'b'], failedNamespaces: null })
  },
)

t.test('where nobody answers, five tries are enough for one pass', async t => {
  const spaces = Array.from({ length: 60 }, (_, index) => namespaceOf(`n-${index}`))
  const { state, quiet } = setUp(clusterExternalSecret(), spaces)
  state.next.child = () => {
    throw new Fault('ClusterUnreachable', 'cannot create it: failed calling webhook')
  }
  const { log, status } = await quiet()
  const tried = log.filter(line => line.startsWith('create')).length
  t.ok(tried >= 5 && tried <= 5 + 8, `${tried} were under way when it was given up`)
  t.match(status, { failedNamespaces: { length: 60 } })
})

t.test('what failed before is tried last', async t => {
  const failedNamespaces = [{ namespace: 'a', reason: 'no' }]
  const { quiet } = setUp(clusterExternalSecret({ status: { failedNamespaces } }), [a, b])
  t.match((await quiet()).log, ['create ExternalSecret b/app', 'create ExternalSecret a/app'])
})

t.test('what the rules deny is made nowhere, and nothing that is there goes', async t => {
  const was = clusterExternalSecret()
  const externalSecretSpec = { ...was.spec.externalSecretSpec, refreshInterval: '5 minutes' }
  const fan = clusterExternalSecret({
    metadata: { generation: 2 },
    spec: { externalSecretSpec, namespaceSelectors: [] },
    status: { provisionedNamespaces: ['a'] },
  })
  const { log, status } = await setUp(fan, [a, b], { externalSecrets: [childIn(was, 'a')] }).quiet()
  t.match(log, [/^event ClusterExternalSecret Warning SpecInvalid/, 'patch ClusterExternalSecret app: conditions'])
  t.match(status, {
    conditions: [{ status: 'False', message: /^spec\.externalSecretSpec\.refreshInterval: .*5 minutes.*→ write 5m/ }],
  })
})

t.test('an object that cannot be read deletes nothing', async t => {
  const bare = clusterExternalSecret({ spec: { namespaceSelectors: undefined } })
  const fan: FanObject = { ...bare, unreadable: true }
  const { log, status } = await setUp(fan, [a], { externalSecrets: [childIn(bare, 'a')] }).quiet()
  t.notMatch(log, ['delete ExternalSecret a/app'])
  t.match(status, { conditions: [{ status: 'False', message: /cannot be read as a ClusterExternalSecret/ }] })
})

t.test('another class’s object is not touched', async t => {
  const metadata = { annotations: { 'latchkey.dev/controller-class': 'other' } }
  t.same((await setUp(clusterExternalSecret({ metadata }), [a]).quiet()).log, [])
})

t.test('an object that is being deleted makes nothing and deletes nothing: its children have an owner', async t => {
  const metadata = {
    deletionTimestamp: 'now',
    finalizers: ['externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'],
  }
  const fan = clusterExternalSecret({ metadata })
  t.same((await setUp(fan, [a, b], { externalSecrets: [childIn(fan, 'a')] }).quiet()).log, [
    'unfinalize ClusterExternalSecret app externalsecrets.external-secrets.io/clusterexternalsecret-cleanup',
  ])
})

const held = 'externalsecrets.external-secrets.io/ces-app'

t.test(
  'ESO’s finalizer comes off namespaces: selected, deselected, terminating, and of objects that are no more',
  async t => {
    const finalizers = [held, 'mine/own']
    const spaces = [
      namespaceOf('a', { finalizers }),
      namespaceOf('other', { labels: {}, finalizers }),
      namespaceOf('going', { finalizers, terminating: true }),
      namespaceOf('orphan', { labels: {}, finalizers: ['externalsecrets.external-secrets.io/ces-gone'] }),
      namespaceOf('plain'),
    ]
    const { log } = await setUp(clusterExternalSecret(), spaces).quiet()
    t.same(log.filter(line => line.startsWith('unfinalize')).toSorted(), [
      `unfinalize Namespace a ${held}`,
      `unfinalize Namespace going ${held}`,
      'unfinalize Namespace orphan externalsecrets.external-secrets.io/ces-gone',
      `unfinalize Namespace other ${held}`,
    ])
  },
)

t.test('without the right to, the rest is done all the same, and the event says which right', async t => {
  const state = world({ fans: [clusterExternalSecret()], namespaces: [namespaceOf('a', { finalizers: [held] })] })
  const said: string[] = []
  const finalizers = {
    ...state.deps.finalizers,
    remove: async () => {
      throw new Fault(
        'ClusterRefused',
        'cannot remove a finalizer of Namespace a: the API server answers Forbidden 403',
      )
    },
  }
  const events = { record: (_: unknown, { message }: { message: string }) => void said.push(message) }
  const running = start({ ...state, deps: { ...state.deps, finalizers, events } })
  const { status } = await running.quiet()
  t.match(status, { provisionedNamespaces: ['a'], conditions: [{ status: 'True' }] })
  t.match(said, [
    /Forbidden 403 → if it is the right to do so that is missing: kubectl apply -f deploy\/eso-finalizers.yaml/,
    /created in 1 namespace/,
  ])
  await running.advance(10_000)
  t.equal(said.length, 2, 'it is said once')
})

t.test('changes that matter wake the object, and others do not', async t => {
  const { state, controller, quiet } = setUp(clusterExternalSecret(), [a, b])
  await quiet()
  const [child] = state.externalSecrets
  if (!child) throw new Error('a child was expected')
  const updated = <T>(key: string, prior: T, object: T) => ({ type: 'updated' as const, key, prior, object })
  const silent = async (name: string, act: () => void) => {
    act()
    t.same((await quiet()).log, [], name)
  }
  const fan = state.fans[0] as ClusterExternalSecret
  await silent('our own status', () => controller.onFan(updated('app', clusterExternalSecret(), fan)))
  await silent('our own child', () => controller.onExternalSecret({ type: 'added', key: 'a/app', object: child }))
  await silent('a status of the child', () =>
    controller.onExternalSecret(updated('a/app', child, { ...child, status: { refreshTime: null } })),
  )
  await silent('a namespace’s annotation', () => controller.onNamespace(updated('a', a, { ...a })))
  await silent('a namespace that is not selected', () =>
    controller.onNamespace({ type: 'added', key: 'x', object: namespaceOf('x', { labels: {} }) }),
  )

  state.externalSecrets[0] = { ...child, metadata: { ...child.metadata, labels: { by: 'hand' } } }
  controller.onExternalSecret(updated('a/app', child, state.externalSecrets[0]))
  t.match((await quiet()).log, ['replace ExternalSecret a/app', /Updated/], 'an edit by hand')

  const [gone] = state.externalSecrets.splice(0, 1)
  controller.onExternalSecret({ type: 'deleted', key: 'a/app', object: gone ?? child })
  t.match((await quiet()).log, ['create ExternalSecret a/app', /Created/], 'a deletion')

  state.namespaces[0] = { ...a, labels: {} }
  controller.onNamespace(updated('a', a, state.namespaces[0]))
  const deselected = await quiet()
  t.match(deselected.log, ['delete ExternalSecret a/app', /Deleted/], 'a label taken off')
  t.match(deselected.status, { provisionedNamespaces: ['b'] })

  state.namespaces[1] = { ...b, terminating: true }
  controller.onNamespace(updated('b', b, state.namespaces[1]))
  t.match((await quiet()).status, { provisionedNamespaces: null }, 'the end of a namespace')
})

t.test('renamed children: the old ones go, in each namespace before the new one comes', async t => {
  const was = clusterExternalSecret()
  const now = clusterExternalSecret({ metadata: { generation: 2 }, spec: { externalSecretName: 'new' } })
  const { log, status } = await setUp(now, [a], { externalSecrets: [childIn(was, 'a')] }).quiet()
  t.match(log, ['delete ExternalSecret a/app', 'create ExternalSecret a/new'])
  t.match(status, { externalSecretName: 'new', provisionedNamespaces: ['a'] })
})

const taken = externalSecret({ metadata: { namespace: 'b', uid: 'uid-foreign' } })
const undone = [
  { where: '', externalSecrets: [] },
  { where: ', also where another namespace fails for ever', externalSecrets: [taken] },
]
for (const { where, externalSecrets } of undone)
  t.test(`somebody who undoes us without end is answered ever more slowly${where}`, async t => {
    const { state, controller, quiet, timers } = setUp(clusterExternalSecret(), [a, b], { externalSecrets })
    await quiet()
    let repairs = 0
    for (let round = 0; round < 150; round += 1) {
      const at = state.externalSecrets.findIndex(({ metadata }) => metadata.namespace === 'a')
      const child = state.externalSecrets[at]
      if (!child) throw new Error('a child was expected')
      const object = { ...child, metadata: { ...child.metadata, labels: { round: `${round}` } } }
      state.externalSecrets[at] = object
      controller.onExternalSecret({ type: 'updated', key: 'a/app', prior: child, object })
      repairs += (await quiet()).log.filter(line => line.startsWith('replace')).length
    }
    t.equal(repairs, 100)
    t.ok(
      timers.some(({ ms }) => ms <= 5_000),
      'and goes on later',
    )
  })

t.test('an edit in the middle of a pass ends it, and the next one begins with the new spec', async t => {
  const spaces = Array.from({ length: 40 }, (_, index) => namespaceOf(`n-${index}`))
  const { state, controller, quiet } = setUp(clusterExternalSecret(), spaces)
  let made = 0
  state.next.child = () => {
    made += 1
    if (made !== 10) return undefined
    const prior = state.fans[0] as ClusterExternalSecret
    const next = clusterExternalSecret({ metadata: { generation: 2 }, spec: { externalSecretName: 'new' } })
    state.fans[0] = next
    controller.onFan({ type: 'updated', key: 'app', prior, object: next })
    return undefined
  }
  const { status } = await quiet()
  t.match(status, { provisionedNamespaces: { length: 40 } })
  t.equal(status?.['externalSecretName'], 'new')
  t.same([...new Set(state.externalSecrets.map(({ metadata }) => metadata.name))], ['new'])
})
