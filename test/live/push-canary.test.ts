// Every value that is pushed, and every value that is in Akeyless before, is easy to find again; then much goes well and more
// goes wrong, and whatever Latchkey said about it is searched.
import t from 'tap'
import type { FaultOrderInput } from '#devgateway'
import { canary, found } from '../support/canary.ts'
import { kubectl, until } from '../support/cluster.ts'
import { create, get, type Json } from '../support/objects.ts'
import { openStage, syncedLine, tag, to } from './push/stage.ts'

const stage = await openStage(t, [
  { path: '/c/plain', type: 'STATIC_SECRET', value: canary(), tags: [tag] },
  { path: '/c/list', type: 'STATIC_SECRET', value: `["${canary()}"]`, tags: [tag] },
  { path: '/c/broken', type: 'STATIC_SECRET', value: `{"a":"${canary()}"`, tags: [tag] },
  { path: '/c/theirs', type: 'STATIC_SECRET', value: `{"a":"${canary()}"}` },
  { path: '/c/merged', type: 'STATIC_SECRET', value: `{"b":"${canary()}"}`, tags: [tag] },
])
const { secret, make, says, edit, gateway, change, paths, value } = stage
const k = (path: string) => [to(path, 'k', 'k')]

t.test('what is secret reaches the items', async t => {
  await secret('good', { k: canary(), other: canary() })
  await make('good', {
    deletionPolicy: 'Delete',
    template: { data: { shown: '{{ .k }} and {{ .other }}' } },
    data: [to('/c/whole'), to('/c/key', 'k'), ...k('/c/merged')],
  })
  await says(t, 'good', syncedLine)
  for (const path of ['/c/whole', '/c/key', '/c/merged']) t.ok(found(String(value(path))), path)
  const before = value('/c/key')
  await edit('good', { k: canary() })
  await until(t, 'the change', () => (value('/c/key') !== before ? true : undefined))
})

const wrong: Readonly<Record<string, { spec: object; says: RegExp }>> = {
  plain: { spec: { data: k('/c/plain') }, says: /does not hold a JSON object/ },
  list: { spec: { data: k('/c/list') }, says: /does not hold a JSON object/ },
  broken: { spec: { data: k('/c/broken') }, says: /does not hold a JSON object/ },
  theirs: { spec: { data: k('/c/theirs') }, says: /no PushSecret made it/ },
  key: { spec: { data: [to('/c/none', 'none')] }, says: /has no key "none"/ },
  template: {
    spec: { template: { data: { a: '{{ .k | fromJson | toYaml }}{{ fail .k }}' } }, data: k('/c/t') },
    says: /spec\.template\.data\.a/,
  },
  b64: { spec: { template: { data: { a: '{{ index .k 999 }}' } }, data: k('/c/t') }, says: /spec\.template\.data\.a/ },
  pairs: {
    spec: { template: { templateFrom: [{ literal: '{{ .k }}: [1]' }] }, data: k('/c/t') },
    says: /spec\.template\.templateFrom/,
  },
  bytes: { spec: { data: [to('/c/bytes', 'bytes')] }, says: /is not UTF-8/ },
  // what rules cannot know: the item is named by a key
  twice: {
    spec: {
      data: [to('/c/x', 'k')],
      dataTo: [
        {
          storeRef: { name: 'store' },
          match: { regexp: '^other$' },
          rewrite: [{ regexp: { source: '.*', target: '/c/x' } }],
        },
      ],
    },
    says: /takes two values/,
  },
}
t.test('values that cannot be pushed', async t => {
  for (const [name, { spec, says: words }] of Object.entries(wrong)) {
    const bytes = Buffer.concat([Buffer.from([0xff]), Buffer.from(canary())]).toString('base64')
    const encode = (text: string) => Buffer.from(text).toString('base64')
    await create(paths.secrets, { metadata: { name }, data: { k: encode(canary()), other: encode(canary()), bytes } })
    await make(name, spec)
    await says(t, name, new RegExp(`^False Errored: .*${words.source}`))
  }
})

const html = { 'content-type': 'text/html' }
const failures: readonly (FaultOrderInput & { op: string })[] = ['create-secret', 'describe-item'].flatMap(op =>
  [
    { status: 400, body: { error: `invalid ${canary()}` } },
    { status: 401, body: { error: `UnauthorizedAccess ${canary()}` } },
    { status: 403, body: canary() },
    { status: 404, body: `<html>${canary()}</html>`, headers: html },
    { status: 500, body: { error: canary() } },
    { status: 200, body: canary() },
    { status: 200, body: { [canary()]: canary() }, truncate: true },
    { status: 302, body: '', headers: { location: `https://${canary()}.example.com/` } },
    { lose: true },
    { reset: true },
  ].map(order => ({ op, ...order })),
)
/** What each object said at its worst: afterwards it says something else. */
const said: string[] = []
t.test('a gateway that fails at a write in every way', async t => {
  for (const [index, order] of failures.entries()) {
    const name = `failing-${index}`
    const path = `/c/${name}`
    await secret(name, { k: canary() })
    const mend = gateway.fail({ ...order, name: path, times: 100_000 })
    await make(name, { data: [to(path, 'k')] })
    const failed = await until(t, `${name} in the log`, () =>
      stage.latchkey.lines().find(line => line.msg === 'not synced' && line['name'] === name),
    )
    const spoiled = gateway.journal().filter(({ op, names }) => op === order.op && names.includes(path))
    t.ok(spoiled.length > 0, `${order.op} ${order.status ?? 'cut'}: ${JSON.stringify(failed['fault'])}`)
    // the answer to a creation may be lost and the item there: then the next try finds it
    const isDone = order.op === 'create-secret' && order.lose
    const object = await says(t, name, isDone ? /^(False Errored|True Synced)/ : /^False Errored/)
    said.push(JSON.stringify(object))
    mend()
    await change(name, { refreshInterval: '0', data: [] })
  }
})

t.test('nobody hears of it', async t => {
  const log = stage.latchkey.lines()
  t.ok(log.length > 30, 'the log is a long one')
  const told: Json = await get(paths.events)
  t.ok(told.items.length > 10, 'events were written')
  const [, metricsAt] = String(stage.latchkey.ready['address']).split(' ')
  const { stdout } = await kubectl(['describe', 'pushsecrets,events'], { namespace: stage.namespace })
  const places = {
    'the log': log.map(line => JSON.stringify(line)).join('\n'),
    events: JSON.stringify(told),
    'the objects and their status': JSON.stringify(await get(paths.pushSecrets)),
    'what they said': said.join('\n'),
    metrics: await (await fetch(`http://${metricsAt}/metrics`)).text(),
    'kubectl describe': stdout,
    'the journal of the gateway': JSON.stringify(gateway.journal()),
  }
  for (const [place, text] of Object.entries(places)) {
    t.ok(text.length > 100, `${place} said something`)
    t.equal(found(text), undefined, place)
  }
})
