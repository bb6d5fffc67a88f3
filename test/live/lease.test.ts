// Leader election on a real Lease object.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect, type Durations, elect, type Transition } from '#kube'
import { apiServer, kubeconfigPath, namespace, request, until } from '../support/cluster.ts'
import { createProxy } from '../support/proxy.ts'

const now = (): number => performance.now()
const short: Durations = { leaseMs: 2_000, renewMs: 1_200, retryMs: 300 }

const open = (t: Test, server: string) => {
  const file = join(t.testdir({}), 'kubeconfig')
  writeFileSync(file, readFileSync(kubeconfigPath, 'utf8').replace(apiServer.url, server))
  const cluster = connect({ source: { from: 'file', path: file }, now, random: Math.random })
  t.teardown(() => cluster.close())
  return cluster
}

const campaign = async (t: Test, server = apiServer.url) => {
  const direct = open(t, apiServer.url)
  const given = open(t, server)
  const place = { namespace: await namespace(t), name: 'latchkey' }
  const log: string[] = []
  const path = `/apis/coordination.k8s.io/v1/namespaces/${place.namespace}/leases/latchkey`
  const run = (identity: string, durations: Durations, way: 'given' | 'direct' = 'given', clock = now) => {
    const transitions: Transition[] = []
    const errors: unknown[] = []
    const election = elect({
      ...place,
      cluster: way === 'direct' ? direct : given,
      identity,
      durations,
      now: clock,
      date: () => new Date(),
      random: Math.random,
      onStarted: () => log.push(`${identity} starts`),
      onStopped: why => log.push(`${identity} ${why}`),
      onTransition: transition => transitions.push(transition),
      onError: error => errors.push(error),
    })
    t.teardown(() => election.stop())
    return { ...election, transitions, errors }
  }
  const leads = (election: { isLeader(): boolean }, name: string) =>
    until(t, `${name} to lead`, () => election.isLeader() || undefined)
  return { run, leads, log, path }
}

t.test('of two one leads; when it stops, the other takes over in under 3 s', async t => {
  const { run, leads, log, path } = await campaign(t)
  const defaults = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 }
  const a = run('a', defaults)
  await leads(a, 'a')
  const b = run('b', defaults)
  await until(t, 'b to see a', () => b.transitions.find(one => one.to === 'observer'))
  t.strictSame(b.transitions, [{ to: 'observer', leader: 'a' }])
  t.notOk(b.isLeader())
  const at = now()
  await a.stop()
  t.notOk(a.isLeader())
  await leads(b, 'b')
  t.ok(now() - at < 3_000, `took over after ${Math.round(now() - at)} ms`)
  t.strictSame(log, ['a starts', 'a stopped', 'b starts'])
  const { body } = await request('GET', path)
  t.match(body.spec, { holderIdentity: 'b', leaseDurationSeconds: 15, leaseTransitions: 1 })
  t.match(body.spec.renewTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  t.strictSame([...a.errors, ...b.errors], [])
})

t.test('a leader that sleeps is none from the moment it wakes', async t => {
  const { run, leads, log } = await campaign(t)
  let slept = 0
  const a = run('a', short, 'given', () => now() + slept)
  await leads(a, 'a')
  slept = 1_300
  t.notOk(a.isLeader(), 'before any timer of it has run')
  await until(t, 'a to notice', () => log.includes('a expired') || undefined)
})

t.test('a holder that is silent is waited for as long as it promised', async t => {
  const { run, leads, path } = await campaign(t)
  const spec = { holderIdentity: 'ghost', leaseDurationSeconds: 2, renewTime: '2020-01-01T00:00:00.000000Z' }
  await request('POST', path.replace(/\/latchkey$/, ''), { metadata: { name: 'latchkey' }, spec })
  const at = now()
  const b = run('b', short)
  await leads(b, 'b')
  const waited = now() - at
  t.ok(waited >= 2_000 && waited < 4_000, `waited ${Math.round(waited)} ms, whatever renewTime says`)
})

t.test('a leader without a way to the server gives up before another can take over', async t => {
  const { hostname, port } = new URL(apiServer.url)
  const proxy = await createProxy({ host: hostname, port: Number(port) })
  t.teardown(() => proxy.close())
  const { run, leads, log } = await campaign(t, `https://127.0.0.1:${proxy.port}`)
  const a = run('a', short)
  await leads(a, 'a')
  const b = run('b', short, 'direct')
  await until(t, 'b to see a', () => b.transitions.find(one => one.to === 'observer'))
  proxy.stall()
  proxy.refuse(true)
  await until(t, 'a to lose', () => !a.isLeader() || undefined)
  t.notOk(b.isLeader(), 'never two')
  await leads(b, 'b')
  t.strictSame(log, ['a starts', 'a expired', 'b starts'])
})

t.test('a lease that somebody else wrote is lost at once', async t => {
  const { run, leads, log, path } = await campaign(t)
  const a = run('a', { ...short, leaseMs: 20_000, renewMs: 10_000 })
  await leads(a, 'a')
  const renewTime = new Date().toISOString().replace('Z', '000Z')
  await request('PATCH', path, { spec: { holderIdentity: 'thief', leaseDurationSeconds: 60, renewTime } })
  await until(t, 'the loss', () => log.includes('a conflict') || undefined)
  t.notOk(a.isLeader())
  await until(t, 'a to see the thief', () => a.transitions.find(one => one.to === 'observer'))
  await a.stop()
  t.equal((await request('GET', path)).body.spec.holderIdentity, 'thief', 'a gives back only what it has')
})

t.test('three that start together have one leader', async t => {
  const { run, log } = await campaign(t)
  const all = ['a', 'b', 'c'].map(identity => run(identity, short))
  await until(t, 'a leader', () => all.find(one => one.isLeader()))
  await until(t, 'the others to see it', () =>
    all.every(one => one.transitions.some(({ to }) => to === 'observer' || to === 'leader')) ? true : undefined,
  )
  t.equal(all.filter(one => one.isLeader()).length, 1)
  t.equal(log.length, 1)
})
