// What never comes to rest by itself writes some times, and then seldom: a template that prints something else each time, one that
// reads what it writes, and objects that undo each other (security.md T30).
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { namespace as namespaceFor } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  patch,
  pathsOf,
  readyStore,
  settled,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()
const gateway = await startTlsGateway(t)
await startLatchkey(t, { namespace, gateway })
await readyStore(t, namespace)

const data = [entry('user', '/apps/db-username')]
const esOf = (name: string) => `${paths.externalSecrets}/${name}`
const secretOf = (name: string) => `${paths.secrets}/${name}`
const random = '{{ randAlphaNum 8 }}'
const versionOf = async (name: string): Promise<string> => (await get(secretOf(name)))?.metadata.resourceVersion

/** How often the Secret is seen changed in 4 s; without a brake it was hundreds of times. */
const changesOf = async (name: string): Promise<number> => {
  let changes = 0
  let last = await versionOf(name)
  for (const end = Date.now() + 4e3; Date.now() < end; await sleep(5)) {
    const now = await versionOf(name)
    if (now !== last) changes += 1
    last = now
  }
  return changes
}

const storms: Record<string, () => Promise<unknown>> = {
  'a label that is another each time': async () => {
    const template = { metadata: { labels: { x: random } }, data: { a: 'v' } }
    await create(paths.externalSecrets, externalSecret('label', { data, target: { name: 'storm-0', template } }))
    await whenReady(t, esOf('label'))
    await patch(secretOf('storm-0'), { metadata: { labels: { x: 'edited' } } })
  },
  'a template that reads its own Secret': async () => {
    await create(paths.secrets, { metadata: { name: 'storm-1' }, stringData: { a: '1' } })
    const templateFrom = [{ secret: { name: 'storm-1', items: [{ key: 'a' }] } }]
    const target = { name: 'storm-1', template: { templateFrom, data: { a: random } } }
    await create(paths.externalSecrets, externalSecret('self', { data, target }))
    await whenReady(t, esOf('self'))
  },
  'two that merge other labels into one Secret': async () => {
    await create(paths.secrets, { metadata: { name: 'storm-2' }, stringData: { a: '1' } })
    for (const name of ['one', 'two']) {
      const template = { mergePolicy: 'Merge', metadata: { labels: { fight: `{{ print "${name}" }}` } } }
      const spec = {
        data: [entry(name, '/apps/db-username')],
        target: { name: 'storm-2', creationPolicy: 'Merge', template },
      }
      await create(paths.externalSecrets, externalSecret(name, spec))
      await whenReady(t, esOf(name))
    }
  },
}

Object.entries(storms).forEach(([name, begin], index) => {
  t.test(`${name} comes to rest`, async t => {
    await begin()
    const changes = await changesOf(`storm-${index}`)
    // each of two has 100 repairs at once
    t.ok(changes < 250, `${changes} changes`)
    t.ok((await changesOf(`storm-${index}`)) < 10, 'and then seldom')
  })
})

t.test('others are served beside it', async t => {
  await create(paths.externalSecrets, externalSecret('calm', { data }))
  await settled(t, esOf('calm'), object => object.status?.conditions?.[0]?.status === 'True')
  t.pass()
})
