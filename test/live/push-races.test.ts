// What somebody does to a PushSecret while it is pushed, before the watch tells of it.
import t from 'tap'
import { startAudit } from '../support/audit.ts'
import { until } from '../support/cluster.ts'
import { remove, settled } from '../support/objects.ts'
import { readyLine } from './policies/stage.ts'
import { openStage, syncedLine, to } from './push/stage.ts'

const audit = await startAudit(t)
const stage = await openStage(t, [], { kubeconfig: audit.kubeconfig })
const { gateway, secret, make, change, says, gone, value, calls, pushOf } = stage
const spec = (name: string) => ({ deletionPolicy: 'Delete', data: [to(`/races/${name}`, 'k')] })
const isCreated = (name: string) => calls().includes(`create-secret /races/${name}`)
await secret('first', { k: '1' })
t.beforeEach(() => audit.lag('/pushsecrets', 300))
t.afterEach(() => audit.lag('/pushsecrets', 0))

t.test('the first push under deletionPolicy Delete asks for nothing twice', async t => {
  audit.forget()
  await make('first', spec('first'))
  await says(t, 'first', syncedLine)
  const asked = () =>
    audit.asked().flatMap(({ method, path, status }) => {
      return path.startsWith(pushOf('first')) ? [`${method} ${path.slice(pushOf('first').length)} ${status}`] : []
    })
  // the last answer is listed a moment after its status is seen
  await until(t, 'all answers', () => (asked().length >= 4 ? true : undefined))
  t.same(asked(), ['PATCH /status 200', 'GET  200', 'PATCH  200', 'PATCH /status 200'], 'record, finalizer, outcome')
})

t.test('what is deleted while it is pushed is not made any more', async t => {
  const held = gateway.hold('describe-item', 'before', '/races/late')
  await secret('late', { k: '1' })
  await make('late', spec('late'))
  await held.arrived
  await remove(pushOf('late'))
  held.release()
  await gone(t, 'late')
  t.notOk(isCreated('late'))
  t.equal(value('/races/late'), undefined)
})

t.test('what is deleted before it has a finalizer is not pushed', async t => {
  await secret('early', { k: '1' })
  const looked = new Promise<void>(done => {
    audit.hold('GET', pushOf('early'), async () => {
      await remove(pushOf('early'))
      done()
      return true
    })
  })
  await make('early', spec('early'))
  await looked
  await gone(t, 'early')
  await secret('after', { k: '1' })
  await make('after', spec('after'))
  await says(t, 'after', syncedLine)
  t.notOk(isCreated('early'))
})

t.test('an edit that is taken back while it is pushed leaves the status of what stands there', async t => {
  await secret('back', { k: '1' })
  const good = { secretStoreRefs: [{ name: 'store' }] }
  const bad = { secretStoreRefs: [{ name: 'none' }] }
  await make('back', { ...spec('back'), deletionPolicy: 'None', refreshInterval: '0', ...bad })
  await says(t, 'back', /^False Errored: .*"none" does not exist/)
  const held = gateway.hold('create-secret', 'before', '/races/back')
  await change('back', good)
  await held.arrived
  await change('back', bad)
  held.release()
  const object = await settled(t, pushOf('back'), ({ status }) => status.observedGeneration === 3)
  t.match(readyLine(await settled(t, pushOf('back'), each => readyLine(each) !== syncedLine)), /"none" does not exist/)
  t.equal(value('/races/back'), '1', object.metadata.name)
})
