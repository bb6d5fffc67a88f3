// Cluster-scoped kinds over many namespaces: exact counts of writes, a process that is killed in the middle, and a namespace full of
// children that goes.
import t from 'tap'
import { request, until } from '../support/cluster.ts'
import { bestMs } from '../support/effort.ts'
import { get, type Json, remove } from '../support/objects.ts'
import { childrenIn, childrenNamed, gone, namespacePath, pathOf, provisioned, setUp } from './fan.ts'
import { install } from './twin.ts'

await install()
const many = 100

// first: the hundred namespaces of the other test keep the namespace controller busy when they go
t.test('a namespace with 200 children goes nearly as fast as an empty one, and nothing fills it again', async t => {
  const { space, make, start, audit } = await setUp(t)
  await start()
  const makers = await Promise.all(
    Array.from({ length: many }, (_, index) => [
      make('ClusterExternalSecret', `f-${index}`),
      make('ClusterPushSecret', `f-${index}`),
    ]).flat(),
  )
  const goes = async (name: string): Promise<number> => {
    const begun = performance.now()
    await remove(namespacePath(name))
    await gone(t, namespacePath(name), 60_000)
    return performance.now() - begun
  }
  // Kubernetes lets each namespace lie for 5 s before it begins
  const limit = 4_000
  let round = 0
  const moreMs = await bestMs(limit, async () => {
    round += 1
    const [full, empty] = [await space(`full-${round}`), await space(`empty-${round}`, { labels: {} })]
    for (const maker of makers) await provisioned(t, maker, [full], 30_000)
    audit.forget()
    const [emptyMs, fullMs] = await Promise.all([goes(empty), goes(full)])
    t.comment(`${Math.round(fullMs)} ms beside ${Math.round(emptyMs)} ms of an empty one`)
    for (const maker of makers) {
      const { status } = await provisioned(t, maker, [])
      t.notOk(status.failedNamespaces)
    }
    const made = audit.writes().filter(line => line.startsWith('POST'))
    // one that the watch of namespaces was late for is refused by the API server, and no failure
    t.ok(made.length <= 5, `${made.length} children were tried to be made anew`)
    return fullMs - emptyMs
  })
  t.ok(moreMs < limit, `${moreMs} ms more than an empty one`)
  await Promise.all(makers.map(maker => request('DELETE', pathOf(maker))))
})

t.test('killed in the middle of 100 namespaces: the next process makes the rest, and nothing twice', async t => {
  const ground = await setUp(t)
  const { audit, space, make, start } = ground
  const spaces = await Promise.all(Array.from({ length: many }, (_, index) => space(`${index}`)))
  const first = await start()
  audit.forget()
  // far from the first: eight are under way at once
  const late = spaces.toSorted()[60]
  const killed = new Promise<void>(done => {
    audit.hold('POST', childrenIn('ClusterExternalSecret', late ?? ''), async () => {
      await first.kill()
      done()
      return false
    })
  })
  const maker = await make('ClusterExternalSecret', 'killed')
  await killed
  const posts = () => audit.writes().filter(line => line.startsWith('POST') && line.endsWith('/externalsecrets')).length
  const { name } = maker.metadata
  const before = await childrenNamed('ClusterExternalSecret', name)
  t.ok(before.length > 0 && before.length < many, `${before.length} of ${many} were there`)
  t.equal((await get(pathOf(maker))).status, undefined)

  audit.forget()
  const second = await start()
  await provisioned(t, maker, spaces)
  const after = new Map<string, Json>(
    (await childrenNamed('ClusterExternalSecret', name)).map(child => [child.metadata.namespace, child]),
  )
  t.same([...after.keys()].toSorted(), spaces.toSorted())
  for (const { metadata } of before)
    t.equal(after.get(metadata.namespace).metadata.resourceVersion, metadata.resourceVersion, 'not written again')
  t.ok(posts() <= many - before.length, `${posts()} made by the second process`)
  const others = audit.writes().filter(line => !line.endsWith('/externalsecrets'))
  t.same(others, [`PATCH ${pathOf(maker)}/status`])

  audit.forget()
  t.equal(await second.stop(), 0)
  const third = await start()
  await until(t, 'its look', () => third.lines().find(({ msg, name: seen }) => msg === 'synced' && seen === name))
  t.same(audit.writes(), [], 'a restart that finds everything in order writes nothing')
})
