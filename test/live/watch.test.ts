// The reflector against the real API server, over connections that break.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { type Change, type Cluster, connect, type ReflectOptions, type ReflectorState, reflect } from '#kube'
import { apiServer, namespace, request, until } from '../support/cluster.ts'
import { createProxy } from '../support/proxy.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const now = (): number => performance.now()

const clusterAt = (t: Test, server: string, user: object = {}): Cluster => {
  const path = join(t.testdir({}), 'kubeconfig')
  const ca = Buffer.from(apiServer.ca).toString('base64')
  const config = {
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name: 'u', user: { token: apiServer.token, ...user } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  writeFileSync(path, JSON.stringify(config))
  return connect({ source: { from: 'file', path }, now, random: Math.random })
}

const proxied = async (t: Test, user?: object) => {
  const { hostname, port } = new URL(apiServer.url)
  const proxy = await createProxy({ host: hostname, port: Number(port) })
  const cluster = clusterAt(t, `https://127.0.0.1:${proxy.port}`, user)
  t.teardown(async () => {
    await cluster.close()
    await proxy.close()
  })
  return { proxy, cluster }
}

interface Seen {
  readonly name: string
  readonly n: string
  readonly version: string
}
const toSeen = (raw: unknown): Seen => {
  const { metadata, data } = raw as { metadata: { name: string; resourceVersion: string }; data?: { n?: string } }
  return { name: metadata.name, n: data?.n ?? '', version: metadata.resourceVersion }
}

const quick = { idleMs: 150, retryMinMs: 2, retryMaxMs: 40, waitMaxMs: 40, healthyMs: 50 }

const start = (t: Test, options: Pick<ReflectOptions<Seen>, 'cluster' | 'path'> & Partial<ReflectOptions<Seen>>) => {
  const changes: Change<Seen>[] = []
  const states: ReflectorState[] = []
  const errors: unknown[] = []
  const reflector = reflect<Seen>({
    transform: toSeen,
    onChange: change => changes.push(change),
    onState: state => states.push(state),
    onError: error => errors.push(error),
    now,
    random: Math.random,
    limits: quick,
    ...options,
  })
  t.teardown(() => reflector.stop())
  return { ...reflector, changes, states, errors }
}

/** Creates, updates and deletes ConfigMaps until told to end; gives what was done to each, in order. */
const writer = (path: string, names: number) => {
  const done = new Map<string, string[]>()
  const live = new Map<string, string>()
  let n = 0
  let going = true
  const step = async (): Promise<void> => {
    n += 1
    const name = `m${n % names}`
    const history = done.get(name) ?? []
    done.set(name, history)
    const body = { metadata: { name }, data: { n: String(n) } }
    const last = live.get(name)
    if (last === undefined) {
      await request('POST', path, body)
      history.push(`added ${n}`)
      live.set(name, String(n))
    } else if (n % 3 === 0) {
      await request('DELETE', `${path}/${name}`)
      history.push(`deleted ${last}`)
      live.delete(name)
    } else {
      await request('PUT', `${path}/${name}`, body)
      history.push(`updated ${n}`)
      live.set(name, String(n))
    }
  }
  const running = (async () => {
    while (going) {
      await step()
      await sleep(2)
    }
  })()
  return {
    done,
    live,
    end: async () => {
      going = false
      await running
    },
  }
}

const histories = (changes: readonly Change<Seen>[]): Map<string, string[]> => {
  const told = new Map<string, string[]>()
  for (const { type, object } of changes)
    told.set(object.name, [...(told.get(object.name) ?? []), `${type} ${object.n}`])
  return told
}

const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

t.test(
  '200 broken connections lose no event, cause no storm and leave nothing behind',
  { timeout: 60_000 },
  async t => {
    const { proxy, cluster } = await proxied(t)
    const path = `/api/v1/namespaces/${await namespace(t)}/configmaps`
    let opened = Promise.withResolvers<void>()
    const onState = (state: ReflectorState): void => {
      if (state.phase === 'watching') opened.resolve()
    }
    const reflector = start(t, { cluster, path, onState })
    await opened.promise
    const write = writer(path, 20)
    const breaks = [proxy.cut, proxy.halfClose, proxy.cut, proxy.halfClose, proxy.stall]
    let before = 0
    for (let i = 0; i < 200; i += 1) {
      opened = Promise.withResolvers()
      breaks[i % breaks.length]?.()
      await opened.promise
      if (i === 49) before = heap()
    }
    const growth = heap() - before
    await write.end()
    const final = (): boolean => {
      const mine = reflector.snapshot.list().map(({ name, n }) => [name, n])
      return JSON.stringify(mine.sort()) === JSON.stringify([...write.live].sort())
    }
    await until(t, 'the last writes', () => final() || undefined)
    t.strictSame(histories(reflector.changes), write.done)
    const stats = reflector.stats()
    t.comment(JSON.stringify({ ...stats, changes: reflector.changes.length, growth, ...proxy.open() }))
    t.ok(stats.cuts >= 200, 'every break was noticed')
    t.ok(stats.lists <= 1 + 2 * stats.cuts, 'at most two lists for a cut')
    t.match(stats, { lists: 1, caughtUp: 0, missed: 0 })
    t.ok(stats.watches <= 2 * stats.cuts + 1, 'no storm of watches')
    t.ok(proxy.open().now <= 2, 'connections are closed')
    t.ok(growth < 3_000_000, 'memory is flat')
    t.strictSame(reflector.errors, [])
  },
)

t.test('while the server is away, the reflector tries ever less often, and goes on when it is back', async t => {
  const { proxy, cluster } = await proxied(t)
  const path = `/api/v1/namespaces/${await namespace(t)}/configmaps`
  const reflector = start(t, { cluster, path, limits: { ...quick, retryMinMs: 5, retryMaxMs: 200, healthyMs: 10_000 } })
  await reflector.synced
  proxy.refuse(true)
  proxy.cut()
  const waits = (): number[] => reflector.states.flatMap(state => (state.phase === 'waiting' ? state.afterMs : []))
  await until(t, 'a long wait', () => (waits().some(ms => ms > 100) ? true : undefined))
  await request('POST', path, { metadata: { name: 'meanwhile' } })
  proxy.refuse(false)
  await until(t, 'the change', () => reflector.changes.find(change => change.object.name === 'meanwhile'))
  t.equal(reflector.stats().lists, 1)
})

t.test('lists in pages, and keeps only metadata when asked', async t => {
  const cluster = clusterAt(t, apiServer.url)
  t.teardown(() => cluster.close())
  const path = `/api/v1/namespaces/${await namespace(t)}/configmaps`
  for (let i = 0; i < 10; i += 1) await request('POST', path, { metadata: { name: `m${i}` }, data: { n: `${i}` } })
  const label = { labelSelector: 'none=such' }
  const whole = start(t, { cluster, path, limits: { ...quick, pageSize: 3 } })
  const slim = start(t, { cluster, path, metadataOnly: true, limits: { ...quick, pageSize: 3 } })
  const none = start(t, { cluster, path, query: label })
  await Promise.all([whole.synced, slim.synced, none.synced])
  const ours = (all: readonly Seen[]): string =>
    all
      .filter(one => one.name.startsWith('m'))
      .map(one => one.n)
      .sort()
      .join('')
  t.equal(ours(whole.snapshot.list()), '0123456789')
  t.equal(ours(slim.snapshot.list()), '')
  t.equal(slim.snapshot.list().length, whole.snapshot.list().length)
  t.equal(none.snapshot.list().length, 0)
  await request('POST', path, { metadata: { name: 'new' }, data: { n: 'x' } })
  await until(t, 'both watches', () => (whole.changes.length > 10 && slim.changes.length > 10 ? true : undefined))
  t.match(
    slim.changes.find(change => change.object.name === 'new'),
    { object: { n: '' } },
  )
})

const group = `watch${process.pid}.latchkey.test`
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `things.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

t.test(
  'waits for a kind that is installed later, and survives its replacement unseen',
  { timeout: 60_000 },
  async t => {
    const { proxy, cluster } = await proxied(t)
    const path = `/apis/${group}/v1/namespaces/${await namespace(t)}/things`
    const thing = (name: string) => ({ apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name } })
    const make = (name: string) =>
      until(t, `thing ${name}`, async () =>
        (await request('POST', path, thing(name))).status === 201 ? true : undefined,
      )
    t.teardown(() => request('DELETE', `${crds}/${crd.metadata.name}`))

    const reflector = start(t, { cluster, path })
    await until(t, 'a word on what it waits for', () => reflector.healthy().waitingFor)
    t.match(reflector.healthy(), { synced: false, waitingFor: 'NotFound 404' })
    await request('POST', crds, crd)
    await reflector.synced
    await make('kept')
    await make('lost')
    await until(t, 'both things', () => (reflector.changes.length === 2 ? true : undefined))
    t.match(reflector.healthy(), { synced: true, waitingFor: undefined })

    proxy.refuse(true)
    proxy.cut()
    await request('DELETE', `${crds}/${crd.metadata.name}`)
    await until(t, 'the end of the kind', async () =>
      (await request('GET', `${crds}/${crd.metadata.name}`)).status === 404 ? true : undefined,
    )
    await request('POST', crds, crd)
    await make('kept')
    await make('late')
    const { lists } = reflector.stats()
    proxy.refuse(false)
    await until(t, 'the differences', () => (reflector.changes.length >= 6 ? true : undefined))
    const told = reflector.changes.slice(2).map(change => `${change.type} ${change.object.name}`)
    t.strictSame(told.sort(), ['added kept', 'added late', 'deleted kept', 'deleted lost'])
    t.ok(reflector.stats().lists - lists <= 2, 'at most two lists for a cut')
    t.equal(reflector.stats().missed, 0)
  },
)

t.test('waits for a permission that comes later, and for one that was taken away', async t => {
  const name = await namespace(t)
  const user = `user-${name}`
  const { proxy, cluster } = await proxied(t, { as: user })
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${name}`
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'read' }
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }]
  await request('POST', `${rbac}/roles`, { metadata: { name: 'read' }, rules })
  const binding = { metadata: { name: 'read' }, roleRef, subjects: [{ kind: 'User', name: user }] }
  const grant = () => request('POST', `${rbac}/rolebindings`, binding)

  const path = `/api/v1/namespaces/${name}/configmaps`
  const reflector = start(t, { cluster, path })
  await until(t, 'a word on what it waits for', () => reflector.healthy().waitingFor)
  t.match(reflector.healthy(), { synced: false, waitingFor: 'Forbidden 403' })
  await grant()
  await reflector.synced
  await request('DELETE', `${rbac}/rolebindings/read`)
  // authorization is decided when a watch opens
  await until(t, 'the refusal', () => {
    proxy.cut()
    return reflector.healthy().waitingFor
  })
  await request('POST', path, { metadata: { name: 'meanwhile' } })
  await grant()
  await until(t, 'the change', () => reflector.changes.find(change => change.object.name === 'meanwhile'))
  t.match(reflector.healthy(), { synced: true, waitingFor: undefined })
})

t.test('audits find no difference while objects change, and one where a change got lost', async t => {
  const cluster = clusterAt(t, apiServer.url)
  t.teardown(() => cluster.close())
  const path = `/api/v1/namespaces/${await namespace(t)}/configmaps`
  let fail = false
  const reflector = start(t, {
    cluster,
    path,
    limits: { ...quick, idleMs: 5_000, watchSeconds: 1, auditMs: 10 },
    transform: raw => {
      const seen = toSeen(raw)
      if (!fail || seen.name !== 'hurt') return seen
      fail = false
      throw new Error('once')
    },
  })
  await reflector.synced
  const write = writer(path, 5)
  await until(t, 'three audits', () => (reflector.stats().lists > 3 ? true : undefined))
  t.equal(reflector.stats().missed, 0)
  await write.end()
  fail = true
  await request('POST', path, { metadata: { name: 'hurt' } })
  await until(t, 'the audit that finds it', () => (reflector.stats().missed === 1 ? true : undefined))
  t.match(reflector.errors, [{ message: 'once' }])
  t.ok(reflector.changes.some(change => change.object.name === 'hurt'))
})
