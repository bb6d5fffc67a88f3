// Two replicas, one lease: one works, the other takes over when it dies.
import t from 'tap'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import { create, entry, externalSecret, get, pathsOf, readyStore, textsOf, whenReady } from '../support/objects.ts'
import { install } from './twin.ts'

t.test('the standby does nothing, and everything once the leader is killed', async t => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  await install()
  const gateway = await startTlsGateway(t)
  const start = () => startLatchkey(t, { namespace, gateway, args: ['--leader-elect', '--namespace', namespace] })
  type Replica = Awaited<ReturnType<typeof start>>
  const leads = (replica: Replica) => replica.lines().some(({ step }) => step === 'leader')
  const works = (replica: Replica) => replica.lines().filter(({ msg }) => msg === 'synced').length
  const leader = await start()
  await until(t, 'a leader', () => leads(leader) || undefined)
  const standby = await start()
  await readyStore(t, namespace)
  const data = [entry('user', '/apps/db-username')]
  await create(paths.externalSecrets, externalSecret('before', { data }))
  await whenReady(t, `${paths.externalSecrets}/before`)
  await until(
    t,
    'the standby to know who leads',
    () => standby.lines().some(({ step }) => step === 'observer') || undefined,
  )
  t.ok(works(leader) >= 2, 'the store and the ExternalSecret')
  t.equal(works(standby), 0)

  await leader.kill()
  const killed = performance.now()
  const { metadata } = await get(`${paths.secrets}/before`)
  await create(paths.externalSecrets, externalSecret('after', { data }))
  await whenReady(t, `${paths.externalSecrets}/after`, 'True', 25_000)
  t.ok(leads(standby), `took over after ${Math.round((performance.now() - killed) / 100) / 10} s`)
  t.same(textsOf(await get(`${paths.secrets}/after`)), { user: 'demo' })
  t.equal((await get(`${paths.secrets}/before`)).metadata.resourceVersion, metadata.resourceVersion)

  const third = await start()
  await until(t, 'it to know who leads', () => third.lines().some(({ step }) => step === 'observer') || undefined)
  t.equal(await standby.stop(), 0)
  const stopped = performance.now()
  await until(t, 'a leader that gives up its lease to be followed', () => leads(third) || undefined)
  t.ok(performance.now() - stopped < 5_000, 'without the wait for a lease that runs out')
})
