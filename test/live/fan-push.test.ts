// From a ClusterPushSecret to Akeyless: the children that it makes are pushed by the same process, whose finalizer on them stays and
// wakes nobody.
import t from 'tap'
import { create, credentials, get, pathsOf, remove, secretStore, settled, storeSpec } from '../support/objects.ts'
import { childrenIn, gone, looks, pathOf, provisioned, setUp } from './fan.ts'
import { readyLine } from './policies/stage.ts'
import { finalizer, syncedLine } from './push/stage.ts'
import { install } from './twin.ts'

await install()
const { mark, make, space, start, gateway } = await setUp(t)
const latchkey = await start()
const spaces = [await space('a'), await space('b')]

const furnish = async (namespace: string): Promise<void> => {
  const { secrets, stores } = pathsOf(namespace)
  await create(secrets, credentials())
  await create(stores, secretStore('store', { controller: mark, ...storeSpec() }))
  await create(secrets, { metadata: { name: 'source' }, stringData: { [namespace]: 'value' } })
}

t.test('what a ClusterPushSecret makes in each namespace is pushed, and deleted with it', async t => {
  for (const namespace of spaces) await furnish(namespace)
  const rewrite = [{ regexp: { source: '(.*)', target: '/pushed/$1' } }]
  const pushSecretSpec = {
    deletionPolicy: 'Delete',
    secretStoreRefs: [{ name: 'store' }],
    selector: { secret: { name: 'source' } },
    dataTo: [{ storeRef: { name: 'store' }, rewrite }],
  }
  const maker = await make('ClusterPushSecret', 'pushing', { pushSecretSpec })
  await provisioned(t, maker, spaces)
  const childIn = (namespace: string) => `${childrenIn('ClusterPushSecret', namespace)}/${maker.metadata.name}`
  const pushed = (namespace: string) =>
    settled(t, childIn(namespace), each => readyLine(each) === syncedLine && !each.metadata.deletionTimestamp)
  for (const namespace of spaces) {
    const { metadata } = await pushed(namespace)
    t.same(metadata.finalizers, [finalizer])
    t.equal(gateway.value(`/pushed/${namespace}`), 'value')
  }
  const before = looks(latchkey, maker)
  const [a = ''] = spaces
  const { metadata } = await get(childIn(a))
  await remove(childIn(a))
  await settled(t, childIn(a), each => each.metadata.uid !== metadata.uid)
  await pushed(a)
  t.equal(gateway.value(`/pushed/${a}`), 'value', 'it is made again, and pushed again')
  t.ok(looks(latchkey, maker) - before < 10, 'and nobody runs in circles')
  await remove(pathOf(maker))
  await Promise.all(spaces.map(namespace => remove(childIn(namespace))))
  for (const namespace of spaces) {
    await gone(t, childIn(namespace))
    t.equal(gateway.value(`/pushed/${namespace}`), undefined)
  }
})
