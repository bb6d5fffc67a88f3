// A namespace that goes takes its PushSecrets along: nothing holds it up, and what can be deleted in Akeyless is.
import t from 'tap'
import { request, until } from '../support/cluster.ts'
import { create } from '../support/objects.ts'
import { base64 } from './policies/stage.ts'
import { openStage, pushSecret, syncedLine, to } from './push/stage.ts'

const many = 50

t.test('a namespace with PushSecrets that delete goes in seconds', async t => {
  const stage = await openStage(t)
  const { paths, says, namespace, gateway } = stage
  const names = Array.from({ length: many }, (_, index) => `going-${index}`)
  await Promise.all(
    names.map(async name => {
      await create(paths.secrets, { metadata: { name }, data: base64({ k: name }) })
      const spec = { deletionPolicy: 'Delete', data: [to(`/going/${name}`, 'k')] }
      await create(paths.pushSecrets, pushSecret(name, spec))
    }),
  )
  for (const name of names) await says(t, name, syncedLine, 30_000)
  const started = performance.now()
  await request('DELETE', `/api/v1/namespaces/${namespace}`)
  const isGone = async () =>
    (await request('GET', `/api/v1/namespaces/${namespace}`)).status === 404 ? true : undefined
  await until(t, 'the namespace gone', isGone, 60_000)
  const took = Math.round(performance.now() - started)
  const left = gateway.items().filter(({ path }) => path.startsWith('/going/')).length
  // most of it is the pause of the namespace controller between its looks
  t.ok(took < 45_000, `${took} ms`)
  t.comment(`${many} PushSecrets in ${took} ms`)
  t.equal(left, 0, 'although the Secret that the store logs in with went first')
  const told = stage.latchkey.lines().filter(({ kind, code }) => kind === 'PushSecret' && code === 'Unexpected')
  t.same(told, [])
})
