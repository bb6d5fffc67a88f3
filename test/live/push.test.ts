// What a person sees who pushes Secrets to Akeyless: items to the byte, status, finalizer, events; and how soon changes follow.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments, stringify } from 'yaml'
import { metadataHash } from '#core'
import { kubectl, until } from '../support/cluster.ts'
import { bestMs } from '../support/effort.ts'
import {
  create,
  credentials,
  get,
  type Json,
  patch,
  secretStore,
  settled,
  storeSpec,
  whenReady,
} from '../support/objects.ts'
import { finalizer, openStage, pushSecret, syncedLine, tag, to } from './push/stage.ts'

const number = '{"n":12345678901234567890,"f":1.50,"keep":[1, 2]}'
const stage = await openStage(t, [
  { path: '/numbers', type: 'STATIC_SECRET', value: number, tags: [tag] },
  { path: '/ours/drift', type: 'STATIC_SECRET', value: 'seeded', tags: [tag] },
])
const { secret, make, says, value, tagsOf, edit, gateway, pushOf, change, gone } = stage
const holds = (t: Parameters<typeof until>[0], path: string, wanted: unknown) =>
  until(t, `${path} holding what it should`, () => (value(path) === wanted ? true : undefined))

t.test('the guides’ manifest works unchanged', async t => {
  await create(stage.paths.stores, secretStore('akeyless-secret-store'))
  await whenReady(t, `${stage.paths.stores}/akeyless-secret-store`)
  const made = await kubectl(
    ['create', 'secret', 'generic', '--from-literal=cache-pass=mypassword', 'k8s-created-secret'],
    { namespace: stage.namespace },
  )
  t.equal(made.code, 0)
  const guide = parseAllDocuments(readFileSync(join(import.meta.dirname, 'guides/product.yaml'), 'utf8'))
  const manifest = guide.map(each => each.toJS()).find(each => each?.kind === 'PushSecret')
  delete manifest.metadata.namespace
  const text = stringify(manifest)
  const { code, stderr } = await kubectl(['apply', '-f', '-'], { namespace: stage.namespace, input: text })
  t.equal(code, 0, stderr)
  const object = await says(t, 'push-secret', syncedLine)
  t.equal(value('/eso-created/my-secret'), '{"cache-pass":"mypassword"}')
  t.same(tagsOf('/eso-created/my-secret'), [tag])
  t.same(object.metadata.finalizers, [finalizer])
  const { conditions, refreshTime, sourceVersion, ...status } = object.status
  t.same(status, {
    observedGeneration: 1,
    syncedResourceVersion: `1-${metadataHash(object.metadata.annotations, undefined)}`,
    syncedPushSecrets: {
      'SecretStore/akeyless-secret-store': {
        'eso-created/my-secret': {
          conversionStrategy: 'None',
          match: { remoteRef: { remoteKey: 'eso-created/my-secret' } },
        },
      },
    },
  })
  t.match(refreshTime, /^\d{4}-.*Z$/)
  t.equal(sourceVersion, (await get(stage.secretOf('k8s-created-secret'))).metadata.resourceVersion)
  t.equal(conditions.length, 1)
  const { stdout } = await kubectl(['get', 'pushsecret', 'push-secret'], { namespace: stage.namespace })
  t.match(stdout.split('\n')[1], /^push-secret +\S+ +Synced +\S+$/)
  await stage.remove('push-secret')
  await gone(t, 'push-secret')
  t.equal(value('/eso-created/my-secret'), undefined, 'deleted with it')
})

t.test('the sample works as it stands', async t => {
  const sample = readFileSync(join(import.meta.dirname, '../../deploy/samples/pushsecret.yaml'), 'utf8')
  const input = sample.replaceAll('namespace: akeyless-demo', `namespace: ${stage.namespace}`)
  const { code, stderr } = await kubectl(['apply', '-f', '-'], { namespace: stage.namespace, input })
  t.equal(code, 0, stderr)
  await says(t, 'cache-login', syncedLine)
  t.equal(value('/demo/cache-login'), '{"password":"an-example-not-a-secret","user":"cache"}')
  await stage.remove('cache-login')
  await gone(t, 'cache-login')
  t.equal(value('/demo/cache-login'), undefined)
})

t.test('the whole Secret, one key, one property', async t => {
  await secret('parts', { user: 'demo', pw: 's3<&>cr3t' })
  await make('parts', { data: [to('/p/whole'), to('/p/key', 'pw'), to('/p/property', 'pw', 'password')] })
  await says(t, 'parts', syncedLine)
  t.equal(value('/p/whole'), '{"pw":"s3<&>cr3t","user":"demo"}')
  t.equal(value('/p/key'), 's3<&>cr3t', 'the whole-Secret leak: not the other keys')
  t.equal(value('/p/property'), '{"password":"s3<&>cr3t"}')
  t.notOk((await stage.object('parts')).metadata.finalizers, 'no finalizer without deletionPolicy Delete')
})

t.test('big numbers, unknown members and their order survive', async t => {
  await secret('numbers', { keep: 'no', n: '12345678901234567890', added: 'x' })
  await make('numbers', { data: [to('/numbers', 'added', 'a'), to('numbers', 'n', 'n')] })
  await says(t, 'numbers', syncedLine)
  t.equal(value('/numbers'), '{"n":12345678901234567890,"f":1.50,"keep":[1, 2],"a":"x"}')
})

t.test('a change of the Secret is pushed within a second', async t => {
  await secret('swift', { a: '1' })
  await make('swift', { data: [to('/swift/a', 'a')] })
  await says(t, 'swift', syncedLine)
  let round = 1
  const took = await bestMs(1_000, async () => {
    round += 1
    const started = performance.now()
    await edit('swift', { a: String(round) })
    await holds(t, '/swift/a', String(round))
    return performance.now() - started
  })
  t.ok(took < 1_000, `${took} ms`)
})

t.test('dataTo, with a template and several Secrets by label', async t => {
  await secret('one', { 'db-user': 'u', other: 'x' }, { push: 'yes' })
  await secret('two', { 'db-pass': 'p' }, { push: 'yes' })
  await make('labelled', {
    selector: { secret: { selector: { matchLabels: { push: 'yes' } } } },
    template: { data: { shown: '{{ len . }} keys' } },
    dataTo: [
      {
        storeRef: { name: 'store' },
        match: { regexp: '^db-' },
        rewrite: [
          { regexp: { source: '^db-', target: 'labelled/' } },
          { transform: { template: '{{ .value | upper }}' } },
        ],
      },
    ],
    deletionPolicy: 'Delete',
  })
  await says(t, 'labelled', syncedLine)
  t.equal(value('/LABELLED/USER'), 'u')
  t.equal(value('/LABELLED/PASS'), 'p')
  await secret('three', { 'db-host': 'h' }, { push: 'yes' })
  await holds(t, '/LABELLED/HOST', 'h')
  await patch(stage.secretOf('two'), { metadata: { labels: { push: 'no' } } })
  await holds(t, '/LABELLED/PASS', undefined)
  await settled(t, pushOf('labelled'), ({ status }) => {
    const names = Object.keys(status.syncedPushSecrets['SecretStore/store'])
    return names.sort().join(' ') === 'LABELLED/HOST LABELLED/USER'
  })
  await stage.remove('labelled')
  await gone(t, 'labelled')
  t.equal(value('/LABELLED/USER'), undefined)
})

t.test('several PushSecrets give members to one item, and none is lost', async t => {
  const names = Array.from({ length: 12 }, (_, index) => `shared-${index}`)
  await Promise.all(names.map(name => secret(name, { v: name })))
  await Promise.all(names.map(name => make(name, { data: [to('/shared/item', 'v', name)], deletionPolicy: 'Delete' })))
  for (const name of names) await says(t, name, syncedLine)
  t.same(JSON.parse(String(value('/shared/item'))), Object.fromEntries(names.map(name => [name, name])))
  await Promise.all(names.slice(1).map(name => stage.remove(name)))
  for (const name of names.slice(1)) await gone(t, name)
  t.equal(value('/shared/item'), '{"shared-0":"shared-0"}')
  await stage.remove('shared-0')
  await gone(t, 'shared-0')
  t.equal(value('/shared/item'), undefined, 'the last property takes the item with it')
})

t.test('an entry that leaves the spec is deleted, and one that stays is not', async t => {
  await secret('leaving', { a: '1', b: '2' })
  await make('leaving', { data: [to('/leaving/a', 'a'), to('/leaving/b', 'b')], deletionPolicy: 'Delete' })
  await says(t, 'leaving', syncedLine)
  await change('leaving', { data: [to('/leaving/b', 'b')] })
  const object = await settled(t, pushOf('leaving'), ({ status }) => status.observedGeneration === 2)
  t.equal(value('/leaving/a'), undefined)
  t.equal(value('/leaving/b'), '2')
  t.same(Object.keys(object.status.syncedPushSecrets['SecretStore/store']), ['/leaving/b'])
  // and with policy None nothing is deleted, nor remembered
  await change('leaving', { deletionPolicy: 'None', data: [to('/leaving/c', 'a')] })
  const kept = await settled(
    t,
    pushOf('leaving'),
    ({ status, metadata }) => status.observedGeneration === 3 && !metadata.finalizers,
  )
  t.equal(value('/leaving/b'), '2')
  t.same(Object.keys(kept.status.syncedPushSecrets['SecretStore/store']), ['/leaving/c'])
})

t.test('an item that is changed in Akeyless is set right at the next interval, and by force', async t => {
  await secret('drift', { a: 'ours' })
  await make('drift', { refreshInterval: '1s', data: [to('/ours/drift', 'a')] })
  await says(t, 'drift', syncedLine)
  gateway.rotate('/ours/drift', 'theirs')
  await holds(t, '/ours/drift', 'ours')
  await change('drift', { refreshInterval: '0' })
  await settled(t, pushOf('drift'), ({ status }) => status.observedGeneration === 2)
  gateway.rotate('/ours/drift', 'theirs')
  const before = gateway.journal().length
  await edit('drift', { unrelated: 'x' })
  await until(t, 'the Secret seen', async () =>
    (await stage.object('drift')).status.sourceVersion === (await get(stage.secretOf('drift'))).metadata.resourceVersion
      ? true
      : undefined,
  )
  t.same(stage.calls(before), [], 'interval 0: nobody looks, and what is pushed did not change')
  await stage.annotate('drift', { 'force-sync': '1' })
  await holds(t, '/ours/drift', 'ours')
})

t.test('bytes are refused with a remedy, and pushed in base64 where that is asked for', async t => {
  await create(stage.paths.secrets, { metadata: { name: 'bytes' }, data: { key: '//4=' } })
  await make('bytes', { data: [to('/bytes', 'key')] })
  const object = await says(t, 'bytes', /^False Errored: spec\.data\[0\]: the value of key "key" is not UTF-8/)
  t.match(object.status.faults, [{ code: 'ValueInvalid', path: 'spec.data[0]' }])
  t.equal(value('/bytes'), undefined)
  await change('bytes', { data: [{ ...to('/bytes', 'key'), metadata: { encoding: 'base64' } }] })
  await says(t, 'bytes', syncedLine)
  t.equal(value('/bytes'), '//4=')
})

t.test('an event tells of each change, and not of each pass', async t => {
  const eventsOf = async (name: string): Promise<string[]> =>
    (await get(stage.paths.events)).items
      .filter(({ involvedObject }: Json) => involvedObject.name === name && involvedObject.kind === 'PushSecret')
      .map(({ type, reason, count }: Json) => `${type} ${reason} ${count}`)
  await secret('told', { a: '1' })
  await make('told', { refreshInterval: '1s', data: [to('/told', 'a')] })
  await says(t, 'told', syncedLine)
  const first = (await stage.object('told')).status.refreshTime
  await settled(t, pushOf('told'), ({ status }) => Date.parse(status.refreshTime) > Date.parse(first) + 2_000)
  t.same(await eventsOf('told'), ['Normal Synced 1'])
})

t.test('a store by labels, and one that is not ready', async t => {
  await create(stage.paths.stores, {
    ...secretStore('late', storeSpec({ secret: 'late' })),
    metadata: { name: 'late', labels: { for: 'push' } },
  })
  await whenReady(t, `${stage.paths.stores}/late`, 'False')
  await secret('waits', { a: '1' })
  await create(
    stage.paths.pushSecrets,
    pushSecret('waits', {
      secretStoreRefs: [{ kind: 'SecretStore', labelSelector: { matchLabels: { for: 'push' } } }],
      data: [to('/waits', 'a')],
    }),
  )
  await says(t, 'waits', /^False Errored: spec\.secretStoreRefs\[0\]: SecretStore "late" is not ready/)
  await create(stage.paths.secrets, credentials({ name: 'late' }))
  await says(t, 'waits', syncedLine)
  t.equal(value('/waits'), '1')
})

t.test('the metrics follow', async t => {
  const [, metricsAt] = String(stage.latchkey.ready['address']).split(' ')
  const text = await (await fetch(`http://${metricsAt}/metrics`)).text()
  const labels = `name="parts",namespace="${stage.namespace}"`
  t.ok(text.includes(`pushsecret_status_condition{${labels},condition="Ready",status="True"} 1`))
  t.ok(text.includes('call="CreateSecret",status="success"'))
})
