// Two Latchkeys of two classes in one cluster: which of them lets a PushSecret go whose store is no more.
import t from 'tap'
import { until } from '../support/cluster.ts'
import { startLatchkey } from '../support/latchkey.ts'
import { remove } from '../support/objects.ts'
import { finalizer, openStage, syncedLine, to } from './push/stage.ts'

t.test('without its store an object stays with the class that served it last', async t => {
  const stage = await openStage(t, [], { isWide: true })
  const { namespace, paths, gateway, latchkey, secret, make, says, pushOf, object, gone } = stage
  await secret('mine', { k: '1' })
  await make('mine', { deletionPolicy: 'Delete', data: [to('/classes/mine', 'k')] })
  const { status } = await says(t, 'mine', syncedLine)
  t.equal(status.controllerClass, namespace)
  await latchkey.stop()
  await remove(`${paths.stores}/store`)
  const other = await startLatchkey(t, { gateway, args: ['--controller-class', `${namespace}-other`] })
  await remove(pushOf('mine'))
  await until(t, 'the other to have looked', () =>
    other.lines().find(({ msg, kind, name }) => msg === 'left alone' && kind === 'PushSecret' && name === 'mine'),
  )
  t.match((await object('mine'))?.metadata, { finalizers: [finalizer], deletionTimestamp: /./ })
  const own = await startLatchkey(t, stage.options)
  await gone(t, 'mine')
  t.equal(gateway.value('/classes/mine'), '1', 'nobody knows the way any more')
  t.match(
    own.lines().filter(({ msg }) => msg === 'an item is left'),
    [{ name: 'mine', code: 'StoreNotFound' }],
  )
})
