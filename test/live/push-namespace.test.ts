// A namespace that goes takes its PushSecrets along: nothing holds it up, and what was pushed is deleted in Akeyless.
import t, { type Test } from 'tap'
import { request, until } from '../support/cluster.ts'
import { create, patch } from '../support/objects.ts'
import { base64 } from './policies/stage.ts'
import { finalizer, openStage, pushSecret, type Stage, syncedLine, to } from './push/stage.ts'

const path = ({ namespace }: Stage) => `/api/v1/namespaces/${namespace}`
const isGone = async (stage: Stage) => ((await request('GET', path(stage))).status === 404 ? true : undefined)
const gone = (t: Test, stage: Stage) => until(t, 'the namespace gone', () => isGone(stage), 60_000)
const pushed = ({ gateway }: Stage) => gateway.items().filter(({ path }) => path.startsWith('/going/')).length

/** Pushes Secrets to items of their names in /going, which are to go with them. */
const pushMany = async ({ paths, says }: Stage, t: Test, many: number): Promise<void> => {
  const names = Array.from({ length: many }, (_, index) => `going-${index}`)
  await Promise.all(
    names.map(async name => {
      await create(paths.secrets, { metadata: { name }, data: base64({ k: name }) })
      const spec = { deletionPolicy: 'Delete', data: [to(`/going/${name}`, 'k')] }
      await create(paths.pushSecrets, pushSecret(name, spec))
    }),
  )
  for (const name of names) await says(t, name, syncedLine, 60_000)
}

t.test('a namespace with 200 PushSecrets that delete goes, and the items go', async t => {
  const stage = await openStage(t, [], { isWide: true })
  await pushMany(stage, t, 200)
  t.equal(pushed(stage), 200)
  const started = performance.now()
  await request('DELETE', path(stage))
  await gone(t, stage)
  t.comment(`200 PushSecrets in ${Math.round(performance.now() - started)} ms`)
  t.equal(pushed(stage), 0)
  const told = stage.latchkey.lines().filter(({ kind, code }) => kind === 'PushSecret' && code === 'Unexpected')
  t.same(told, [])
})

t.test('before Kubernetes deletes anything in a namespace that goes, nothing holds it up any more', async t => {
  const stage = await openStage(t, [], { isWide: true })
  await pushMany(stage, t, 1)
  // Kubernetes cannot end it before we have looked
  await patch(stage.secretOf('going-0'), { metadata: { finalizers: ['latchkey.dev/test'] } })
  await request('DELETE', path(stage))
  await until(t, 'the item gone', () => (pushed(stage) === 0 ? true : undefined))
  const object = await until(t, 'no finalizer', async () => {
    const seen = await stage.object('going-0')
    return seen?.metadata.finalizers?.includes(finalizer) ? undefined : (seen ?? {})
  })
  t.match(object, { metadata: { name: 'going-0', deletionTimestamp: undefined } }, 'it is not even being deleted')
  await patch(stage.secretOf('going-0'), { data: base64({ k: 'other' }), metadata: { finalizers: null } })
  await gone(t, stage)
  t.equal(pushed(stage), 0, 'nothing is pushed any more')
})
