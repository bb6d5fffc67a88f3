// kill -9 at each await of a push, and the world goes on while nobody looks. Afterwards what is in Akeyless and what the status
// says agree with the manifest: nothing is lost, nothing is left behind, and nothing that was not ours is touched.
import t, { type Test } from 'tap'
import { startAudit } from '../support/audit.ts'
import { until } from '../support/cluster.ts'
import { startLatchkey } from '../support/latchkey.ts'
import { get, type Json, settled } from '../support/objects.ts'
import { readyLine } from './policies/stage.ts'
import { openStage, syncedLine, tag, to } from './push/stage.ts'

const audit = await startAudit(t)
const stage = await openStage(t, [], { kubeconfig: audit.kubeconfig })
const { gateway, secret, make, edit, change, value, says, pushOf, secretOf, paths } = stage
let latchkey = stage.latchkey

/** Where the process dies. */
type Point =
  | { readonly op: string; readonly when: 'before' | 'after'; readonly key: string }
  | { readonly method: string; readonly path: (name: string) => string }
/** At a call about the item of a key: those of earlier objects may be tried again meanwhile. */
const at = (op: string, when: 'before' | 'after', key = 'a'): Point => ({ op, when, key })
const status: Point = { method: 'PATCH', path: name => `${pushOf(name)}/status` }
const finalizer: Point = { method: 'PATCH', path: pushOf }
const source: Point = { method: 'GET', path: secretOf }
const shown = (point: Point) =>
  'op' in point
    ? `${point.when} ${point.op}`
    : `${point.method} ${point.path('NAME')}`.replace(paths.pushSecrets, '').replace(paths.secrets, 'secrets')

/** Lets the next request at the point hang, kills the process there, and lets the request die with it. */
const dieAt = async (point: Point, name: string, act: () => Promise<unknown>): Promise<void> => {
  if ('op' in point) {
    const held = gateway.hold(point.op, point.when, `/${name}/${point.key}`)
    await act()
    await held.arrived
    await latchkey.kill()
    held.drop()
    return
  }
  const died = Promise.withResolvers<void>()
  audit.hold(point.method, point.path(name), async () => {
    await latchkey.kill()
    died.resolve()
    return false
  })
  await act()
  await died.promise
}
const start = async (): Promise<void> => {
  latchkey = await startLatchkey(t, stage.options)
}

const recorded = (object: Json): readonly string[] =>
  Object.values<Json>(object.status?.syncedPushSecrets ?? {})
    .flatMap(each => Object.keys(each))
    .sort()

/** The object synced with these entries, and nothing else below its folder. */
const agrees = async (t: Test, name: string, wanted: Record<string, string>): Promise<void> => {
  await settled(
    t,
    pushOf(name),
    object =>
      readyLine(object) === syncedLine &&
      object.status.observedGeneration === object.metadata.generation &&
      recorded(object).join(' ') === Object.keys(wanted).sort().join(' ') &&
      Object.entries(wanted).every(([path, text]) => value(path) === text),
    30_000,
  )
  const there = gateway.items().filter(({ path }) => path.startsWith(`/${name}/`))
  t.same(Object.fromEntries(there.map(({ path }) => [path, value(path)])), wanted)
}

const entries = (name: string, ...keys: string[]) => keys.map(key => to(`/${name}/${key}`, key))
const begin = async (t: Test, name: string) => {
  await secret(name, { a: 'a1', b: 'b1', c: 'c1' })
  await make(name, { deletionPolicy: 'Delete', data: entries(name, 'a', 'b') })
  await says(t, name, syncedLine)
}

const making: readonly Point[] = [
  source,
  finalizer,
  at('describe-item', 'before'),
  at('describe-item', 'after'),
  status,
  at('create-secret', 'before'),
  at('create-secret', 'after'),
]
for (const [index, point] of making.entries())
  t.test(`made, killed ${shown(point)}; an entry leaves the spec meanwhile`, async t => {
    const name = `made-${index}`
    await secret(name, { a: 'a1', b: 'b1', c: 'c1' })
    await dieAt(point, name, () => make(name, { deletionPolicy: 'Delete', data: entries(name, 'a', 'b') }))
    await change(name, { data: entries(name, 'b', 'c') })
    await start()
    await agrees(t, name, { [`/${name}/b`]: 'b1', [`/${name}/c`]: 'c1' })
  })

const changing: readonly Point[] = [
  source,
  at('get-secret-value', 'before'),
  at('get-secret-value', 'after'),
  at('update-secret-val', 'before'),
  at('update-secret-val', 'after'),
  status,
]
for (const [index, point] of changing.entries())
  t.test(`changed, killed ${shown(point)}; the Secret changes again meanwhile`, async t => {
    const name = `changed-${index}`
    await begin(t, name)
    await dieAt(point, name, () => edit(name, { a: 'a2', b: 'b2' }))
    await edit(name, { b: 'b3' })
    await start()
    await agrees(t, name, { [`/${name}/a`]: 'a2', [`/${name}/b`]: 'b3' })
  })

const removing: readonly Point[] = [
  at('get-secret-value', 'after', 'b'),
  at('describe-item', 'before'),
  at('delete-item', 'before'),
  at('delete-item', 'after'),
  status,
]
for (const [index, point] of removing.entries())
  t.test(`an entry removed, killed ${shown(point)}`, async t => {
    const name = `removed-${index}`
    await begin(t, name)
    await dieAt(point, name, () => change(name, { data: entries(name, 'b') }))
    await start()
    await agrees(t, name, { [`/${name}/b`]: 'b1' })
  })

const deleting: readonly Point[] = [
  at('describe-item', 'before'),
  at('describe-item', 'after'),
  at('delete-item', 'before'),
  at('delete-item', 'after'),
  finalizer,
]
for (const [index, point] of deleting.entries())
  t.test(`deleted, killed ${shown(point)}; a person makes an item in its place`, async t => {
    const name = `deleted-${index}`
    await begin(t, name)
    await dieAt(point, name, () => stage.remove(name))
    await gateway.put({ path: `/${name}/a`, type: 'STATIC_SECRET', value: 'a person’s', tags: ['theirs'] })
    await start()
    await stage.gone(t, name, 30_000)
    t.same(
      gateway
        .items()
        .filter(({ path }) => path.startsWith(`/${name}/`))
        .map(({ path, tags }) => [path, value(path), tags]),
      [[`/${name}/a`, 'a person’s', ['theirs']]],
    )
  })

t.test('an answer that is lost costs a look, and nothing is sent twice', async t => {
  const name = 'lost'
  await secret(name, { a: 'a1', b: 'b1' })
  gateway.fail({ op: 'create-secret', name: `/${name}/a`, lose: true })
  await make(name, { deletionPolicy: 'Delete', data: entries(name, 'a') })
  await says(t, name, syncedLine)
  gateway.fail({ op: 'update-secret-val', name: `/${name}/a`, lose: true })
  await edit(name, { a: 'a2' })
  // its status says so until the next try alone
  await until(t, 'it told', () => latchkey.lines().find(line => line.msg === 'not synced' && line['name'] === name))
  const { resourceVersion } = (await get(secretOf(name))).metadata
  await settled(t, pushOf(name), object => object.status.sourceVersion === resourceVersion)
  const sent = gateway.journal().filter(({ names }) => names.includes(`/${name}/a`))
  t.equal(sent.filter(({ op }) => op === 'create-secret').length, 1)
  t.equal(sent.filter(({ op }) => op === 'update-secret-val').length, 1)
  t.equal(value(`/${name}/a`), 'a2')
  t.same(stage.tagsOf(`/${name}/a`), [tag])
})
