// Templates as people write them: data, metadata, texts from a ConfigMap and a Secret, and what happens when those change.
import t from 'tap'
import { goldenValues } from '../oracle/template/oracle.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { testSeed } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  remove,
  settled,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`
await install()
const golden = goldenValues()
const p12 = Buffer.from(golden.get('p12') ?? []).toString('base64')
const own = [
  { path: '/p12', type: 'STATIC_SECRET', value: p12 },
  { path: '/moving', type: 'STATIC_SECRET', value: 'one' },
  { path: '/ticking', type: 'STATIC_SECRET', value: 'one' },
  { path: '/closed', type: 'STATIC_SECRET', value: 'one' },
] as const
const gateway = await startTlsGateway(t, { ...testSeed, items: [...testSeed.items, ...own] })
await startLatchkey(t, { namespace, gateway })
await readyStore(t, namespace)

const esOf = (name: string) => `${paths.externalSecrets}/${name}`
const secretOf = (name: string) => `${paths.secrets}/${name}`
const data = [entry('user', '/apps/db-username'), entry('pass', '/apps/config', 'password')]
const make = async (name: string, template: object, more: object = {}): Promise<Json> => {
  await create(paths.externalSecrets, externalSecret(name, { data, target: { template }, ...more }))
  return whenReady(t, esOf(name))
}
const calls = () => gateway.journal().filter(({ op }) => op !== 'auth').length

t.test('a template makes the data, the labels and the annotations', async t => {
  await make('whole', {
    type: 'Opaque',
    metadata: { labels: { user: '{{ .user }}' }, annotations: { plain: 'text', made: '{{ .pass | len }}' } },
    data: { url: 'postgres://{{ .user }}:{{ .pass | urlquery }}@db', __proto__x: '{{ .user | upper }}' },
  })
  const secret = await get(secretOf('whole'))
  t.same(textsOf(secret), { url: 'postgres://demo:s3cr3t@db', __proto__x: 'DEMO' })
  t.match(secret.metadata.labels, { user: 'demo' })
  t.match(secret.metadata.annotations, { plain: 'text', made: '6' })
})

t.test('a ConfigMap and a Secret give texts, and a change of either is heard at once, without a call', async t => {
  await create(configMaps, { metadata: { name: 'tpl' }, data: { 'app.ini': 'user={{ .user }}' } })
  await create(paths.secrets, { metadata: { name: 'tpl' }, stringData: { pairs: '"{{ .user }}-key": "{{ .pass }}"' } })
  await make('from', {
    templateFrom: [
      { configMap: { name: 'tpl', items: [{ key: 'app.ini' }] } },
      { secret: { name: 'tpl', items: [{ key: 'pairs', templateAs: 'KeysAndValues' }] } },
    ],
  })
  t.same(textsOf(await get(secretOf('from'))), { 'app.ini': 'user=demo', 'demo-key': 's3cr3t' })
  const before = calls()
  await patch(`${configMaps}/tpl`, { data: { 'app.ini': 'name={{ .user }}' } })
  await settled(t, secretOf('from'), secret => textsOf(secret)['app.ini'] === 'name=demo')
  await patch(secretOf('tpl'), { stringData: { pairs: 'other: "{{ .pass }}"' } })
  await settled(t, secretOf('from'), secret => textsOf(secret)['other'] === 's3cr3t')
  t.same(Object.keys(textsOf(await get(secretOf('from')))).sort(), ['app.ini', 'other'])
  t.equal(calls(), before, 'the values came from memory')
})

t.test('a template that asks for a missing key says where, and the last good Secret stays', async t => {
  await make('wrong', { data: { a: '{{ .user }}' } })
  await patch(esOf('wrong'), { spec: { target: { template: { data: { a: '{{ .usr }}' } } } } })
  const failed = await whenReady(t, esOf('wrong'), 'False')
  t.match(
    readyOf(failed).message,
    /^spec\.target\.template\.data\.a: line 1, column 4: there is no key "usr" → did you mean user\?/,
  )
  t.match(failed.status.faults, [{ code: 'TemplateInvalid', path: 'spec.target.template.data.a' }])
  t.same(textsOf(await get(secretOf('wrong'))), { a: 'demo' })
})

t.test('a source that is not there is waited for', async t => {
  const template = { templateFrom: [{ configMap: { name: 'later', items: [{ key: 'x' }] } }] }
  await create(paths.externalSecrets, externalSecret('waits', { data, target: { template } }))
  const failed = await whenReady(t, esOf('waits'), 'False')
  t.match(readyOf(failed).message, /spec\.target\.template\.templateFrom\[0\]\.configMap\.name: /)
  await create(configMaps, { metadata: { name: 'later' }, data: { x: '{{ .user }}' } })
  await whenReady(t, esOf('waits'))
  t.same(textsOf(await get(secretOf('waits'))), { x: 'demo' })
})

t.test('mergePolicy Replace takes the keys of the template alone, Merge lays them over the fetched ones', async t => {
  const texts = { data: { user: 'not {{ .user }}', more: '{{ .user }}' } }
  await make('replace', { mergePolicy: 'Replace', ...texts })
  t.same(textsOf(await get(secretOf('replace'))), { user: 'not demo', more: 'demo' })
  await make('merge', { mergePolicy: 'Merge', ...texts })
  t.same(textsOf(await get(secretOf('merge'))), { user: 'not demo', more: 'demo', pass: 's3cr3t' })
  await patch(esOf('merge'), { spec: { target: { template: { mergePolicy: 'Replace' } } } })
  await settled(t, secretOf('merge'), secret => textsOf(secret)['pass'] === undefined)
})

t.test('templateFrom fills labels and annotations too, its values decoded, and later parts win', async t => {
  await create(configMaps, { metadata: { name: 'targets' }, data: { owner: '{{ .user | b64enc }}' } })
  const items = [{ key: 'owner' }]
  await make('targets', {
    metadata: { labels: { over: 'metadata' }, annotations: { plain: 'a' } },
    templateFrom: [
      { literal: 'over: literal\nliteral: "{{ .user }}"', target: 'labels' },
      { configMap: { name: 'targets', items }, target: 'Annotations', valuesDecodingStrategy: 'Base64' },
      { configMap: { name: 'targets', items }, valuesDecodingStrategy: 'Auto' },
      { literal: 'decoded: {{ .pass | b64enc }}\nport: 0017', valuesDecodingStrategy: 'Auto' },
    ],
  })
  const secret = await get(secretOf('targets'))
  t.match(secret.metadata.labels, { over: 'metadata', literal: 'demo' })
  t.match(secret.metadata.annotations, { plain: 'a', owner: 'demo' })
  t.match(textsOf(secret), { owner: 'demo', decoded: 's3cr3t' })
  t.ok(textsOf(secret)['port'])
  await patch(esOf('targets'), { spec: { target: { template: { templateFrom: [{ literal: 'k: v' }] } } } })
  const after = await settled(t, secretOf('targets'), secret => textsOf(secret)['k'] === 'v')
  t.equal(after.metadata.labels.literal, undefined, 'what no template gives any more is gone')
  t.equal(after.metadata.annotations.owner, undefined)
})

t.test('a PKCS #12 file becomes a kubernetes.io/tls Secret', async t => {
  const file = [{ secretKey: 'file', remoteRef: { key: '/p12', decodingStrategy: 'Base64' } }]
  const texts = { 'tls.crt': '{{ .file | pkcs12cert }}', 'tls.key': '{{ .file | pkcs12key }}' }
  await make('tls', { type: 'kubernetes.io/tls', data: texts }, { data: file })
  const secret = await get(secretOf('tls'))
  t.equal(secret.type, 'kubernetes.io/tls')
  t.match(textsOf(secret)['tls.crt'], /^-----BEGIN CERTIFICATE-----\n/)
  t.match(textsOf(secret)['tls.key'], /^-----BEGIN PRIVATE KEY-----\n/)

  await create(
    paths.externalSecrets,
    externalSecret('no-key', {
      data: file,
      target: { template: { type: 'kubernetes.io/tls', data: { 'tls.crt': texts['tls.crt'] } } },
    }),
  )
  const failed = await whenReady(t, esOf('no-key'), 'False')
  t.match(
    readyOf(failed).message,
    /^spec\.target\.template\.type: a Secret of type kubernetes\.io\/tls needs the key tls\.key/,
  )
})

t.test(
  'a Secret that another ExternalSecret makes is a source like others: a change runs through the chain',
  async t => {
    await make(
      'first',
      { data: { text: 'user={{ .user }} value={{ "{{ .pass }}" }} {{ .moving }}' } },
      {
        data: [...data, entry('moving', '/moving')],
      },
    )
    const from = (name: string) => ({ templateFrom: [{ secret: { name, items: [{ key: 'text' }] } }] })
    await make('second', from('first'))
    await make('third', from('second'))
    t.equal(textsOf(await get(secretOf('third')))['text'], 'user=demo value=s3cr3t one')
    const before = calls()
    gateway.rotate('/moving', 'two')
    await patch(esOf('first'), { metadata: { annotations: { 'force-sync': '1' } } })
    await settled(t, secretOf('third'), secret => textsOf(secret)['text'] === 'user=demo value=s3cr3t two')
    t.ok(calls() - before <= 2, `${calls() - before} calls, all of the first`)
  },
)

t.test('two that take texts from each other come to rest', async t => {
  const from = (name: string) => ({
    mergePolicy: 'Merge',
    templateFrom: [{ secret: { name, items: [{ key: 'user' }] } }],
  })
  await make('ping', { data: { user: '{{ .user }}' } })
  await make('pong', from('ping'))
  await patch(esOf('ping'), { spec: { target: { template: { data: null, ...from('pong') } } } })
  await settled(
    t,
    esOf('ping'),
    ({ status }) => status.observedGeneration === 2 && status.conditions[0].status === 'True',
  )
  const { metadata } = await get(secretOf('pong'))
  await make('after', { data: { user: '{{ .user }}' } })
  t.equal((await get(secretOf('pong'))).metadata.resourceVersion, metadata.resourceVersion)
  t.equal(textsOf(await get(secretOf('ping')))['user'], 'demo')
})

t.test(
  'a source that goes away fails the ExternalSecret and leaves the Secret; when it is back, all is well',
  async t => {
    const source = { metadata: { name: 'goes' }, data: { text: '{{ .user }}' } }
    await create(configMaps, source)
    await make('left', { templateFrom: [{ configMap: { name: 'goes', items: [{ key: 'text' }] } }] })
    const good = await get(secretOf('left'))
    await remove(`${configMaps}/goes`)
    const failed = await whenReady(t, esOf('left'), 'False')
    t.match(
      readyOf(failed).message,
      /templateFrom\[0\]\.configMap\.name: there is no ConfigMap "goes" in this namespace → .*; Secret kept as of /,
    )
    t.equal((await get(secretOf('left'))).metadata.resourceVersion, good.metadata.resourceVersion)
    await create(configMaps, { ...source, data: { other: 'x' } })
    await settled(t, esOf('left'), object => readyOf(object).message.includes('has no key "text"'))
    await patch(`${configMaps}/goes`, { data: { text: 'back: {{ .user }}' } })
    await settled(t, secretOf('left'), secret => textsOf(secret)['text'] === 'back: demo')
    await whenReady(t, esOf('left'))
  },
)

t.test('with interval 0 a changed source does nothing, until force-sync asks for it', async t => {
  await create(configMaps, { metadata: { name: 'still' }, data: { text: 'a {{ .user }}' } })
  const template = { templateFrom: [{ configMap: { name: 'still', items: [{ key: 'text' }] } }] }
  await make('still', template, { refreshInterval: '0' })
  await make('moves', template)
  await patch(`${configMaps}/still`, { data: { text: 'b {{ .user }}' } })
  await settled(t, secretOf('moves'), secret => textsOf(secret)['text'] === 'b demo')
  t.equal(textsOf(await get(secretOf('still')))['text'], 'a demo')
  await patch(esOf('still'), { metadata: { annotations: { 'force-sync': '1' } } })
  await settled(t, secretOf('still'), secret => textsOf(secret)['text'] === 'b demo')
})

t.test('while no window is open the first sync happens, an edit too, and no refresh', async t => {
  // a minute of another half of the hour, so that it is closed for long
  const closed = {
    kind: 'allow',
    windows: [{ schedule: `${(new Date().getUTCMinutes() + 30) % 60} * * * *`, duration: '1m' }],
  }
  const spec = (key: string, more: object = {}) => ({ refreshInterval: '1s', data: [entry('k', key)], ...more })
  await create(paths.externalSecrets, externalSecret('closed', spec('/closed', { syncWindows: closed })))
  await whenReady(t, esOf('closed'))
  t.same(textsOf(await get(secretOf('closed'))), { k: 'one' })
  await create(paths.externalSecrets, externalSecret('ticking', spec('/ticking')))
  await whenReady(t, esOf('ticking'))
  gateway.rotate('/closed', 'two')
  const reads = () =>
    gateway.journal().filter(({ op, names }) => op === 'get-secret-value' && names.includes('/ticking')).length
  const seen = reads()
  await until(t, 'one without windows to be refreshed twice', () => reads() >= seen + 2 || undefined)
  t.same(textsOf(await get(secretOf('closed'))), { k: 'one' })
  await patch(esOf('closed'), { metadata: { annotations: { 'force-sync': '1' } } })
  await settled(t, secretOf('closed'), secret => textsOf(secret)['k'] === 'two')
  gateway.rotate('/closed', 'three')
  await patch(esOf('closed'), { spec: { syncWindows: null } })
  await settled(t, secretOf('closed'), secret => textsOf(secret)['k'] === 'three')
  for (const name of ['closed', 'ticking']) await remove(esOf(name))
})
