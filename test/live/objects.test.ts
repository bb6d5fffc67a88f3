// Objects of any kind, on the real API server: a ConfigMap, and a kind of the test's own.
import t, { type Test } from 'tap'
import { type Cluster, connect, objectClient, objectDigest, watchOnDemand } from '#kube'
import { apiServer, kubeconfigPath, namespace, request, until } from '../support/cluster.ts'

const now = (): number => performance.now()
const { signal } = new AbortController()

const open = (t: Test): Cluster => {
  const cluster = connect({ source: { from: 'file', path: kubeconfigPath }, now, random: Math.random })
  t.teardown(() => cluster.close())
  return cluster
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )

// a group of its own: other tests run beside this one
const group = `objects${process.pid}.latchkey.test`
const apiVersion = `${group}/v1`
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const crd = (kind: string, scope: 'Namespaced' | 'Cluster') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.${group}` },
  spec: {
    group,
    scope,
    names: { plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                'x-kubernetes-preserve-unknown-fields': true,
                properties: {
                  big: { type: 'integer', format: 'int64' },
                  ratio: { type: 'number' },
                  mode: { type: 'string', default: 'auto', enum: ['auto', 'manual'] },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
})

const install = async (t: Test, kind: string, scope: 'Namespaced' | 'Cluster' = 'Namespaced'): Promise<void> => {
  const body = crd(kind, scope)
  await request('POST', crds, body)
  t.teardown(() => request('DELETE', `${crds}/${body.metadata.name}`))
}

t.test('a ConfigMap is found, created, replaced and deleted, each only in the version that was read', async t => {
  const ns = await namespace(t)
  const objects = objectClient(open(t))
  const kind = await objects.resolve('v1', 'ConfigMap', signal)
  t.strictSame(kind, { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps' })
  t.equal(await objects.read(kind, ns, 'target', signal), undefined)

  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'target', namespace: ns }, data: { a: '1' } }
  const made = await objects.create(kind, body, 'manager', signal)
  t.match(made, { did: 'written', mark: /^[-0-9a-f]{36}\/\d+$/ })
  t.strictSame(await objects.create(kind, body, 'manager', signal), { did: 'conflict' })
  const first = await objects.read(kind, ns, 'target', signal)
  if (!first) throw new Error('it is not there')
  t.equal(objectDigest(first).mark, made.did === 'written' && made.mark)
  t.match(first.metadata.managedFields, [{ manager: 'manager' }])

  await request('PATCH', `/api/v1/namespaces/${ns}/configmaps/target`, { metadata: { labels: { other: 'wrote' } } })
  t.strictSame(await objects.replace(kind, { ...first, data: {} }, 'manager', signal), { did: 'conflict' })
  const second = await objects.read(kind, ns, 'target', signal)
  if (!second) throw new Error('it is not there')
  t.match(await objects.replace(kind, { ...second, data: { b: '2' } }, 'manager', signal), { did: 'written' })
  const third = await objects.read(kind, ns, 'target', signal)
  if (!third) throw new Error('it is not there')
  t.match(third, { data: { b: '2' }, metadata: { labels: { other: 'wrote' } } })

  const at = (metadata: { uid?: string; resourceVersion?: string }) => ({
    namespace: ns,
    name: 'target',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
  })
  t.match(await failure(objects.remove(kind, at(second.metadata), signal)), { code: 'ClusterRefused' })
  await objects.remove(kind, at(third.metadata), signal)
  await objects.remove(kind, at(third.metadata), signal)
  t.strictSame(await objects.replace(kind, third, 'manager', signal), { did: 'conflict' })
  await t.rejects(objects.replace(kind, body, 'manager', signal), /needs metadata.resourceVersion/)
})

t.test('a kind is looked for again, so that one installed later is found', async t => {
  const cluster = open(t)
  const asked: string[] = []
  const objects = objectClient({
    ...cluster,
    request: given => {
      asked.push(given.path)
      return cluster.request(given)
    },
  })
  t.match(await failure(objects.resolve(apiVersion, 'Later', signal)), {
    code: 'ClusterRefused',
    path: 'spec.target.manifest',
    retry: 'backoff',
    message: /has no kind "Later"/,
  })
  await install(t, 'Later')
  const found = await until(t, 'the kind', () => objects.resolve(apiVersion, 'Later', signal).catch(() => undefined))
  t.strictSame(found, { apiVersion, kind: 'Later', resource: 'laters' })
  const before = asked.length
  await objects.resolve(apiVersion, 'Later', signal)
  t.equal(asked.length, before, 'what was found is kept')
  await failure(objects.resolve(apiVersion, 'Other', signal))
  t.equal(asked.length, before + 1)
})

t.test(
  'kinds without a namespace, of which nothing can be written, or with an address in their name are refused',
  async t => {
    const objects = objectClient(open(t))
    await install(t, 'Wide', 'Cluster')
    const wide = await until(t, 'the kind', async () => {
      const thrown: unknown = await failure(objects.resolve(apiVersion, 'Wide', signal))
      return String(thrown).includes('no kind') ? undefined : thrown
    })
    t.match(wide, { code: 'SpecInvalid', path: 'spec.target.manifest', message: /belongs to no namespace/ })
    t.match(await failure(objects.resolve('v1', 'Namespace', signal)), { code: 'SpecInvalid' })
    t.match(await failure(objects.resolve('v1', 'Binding', signal)), { message: /cannot be read and written/ })
    // a subresource of the kind Pod, not a kind
    t.match(await failure(objects.resolve('v1', 'Eviction', signal)), { message: /has no kind "Eviction"/ })
    for (const odd of ['../../api/v1', 'v1?x=', 'a/b/c', '/v1', 'a/', 'A/v1', 'v1/../..', 'a..b/v1', '', '%2e%2e/v1']) {
      t.match(await failure(objects.resolve(odd, 'ConfigMap', signal)), {
        code: 'SpecInvalid',
        path: 'spec.target.manifest.apiVersion',
      })
    }
    t.match(await failure(objects.resolve('v1', '__proto__', signal)), { message: /has no kind "__proto__"/ })
  },
)

t.test(
  'a replace loses no field and no digit, and a write refused as invalid names the field and no value',
  async t => {
    const ns = await namespace(t)
    const objects = objectClient(open(t))
    await install(t, 'Gauge')
    const kind = await until(t, 'the kind', () => objects.resolve(apiVersion, 'Gauge', signal).catch(() => undefined))
    const metadata = { name: 'g', namespace: ns }
    const spec = JSON.parse('{"__proto__": {"a": 1}, "list": [null, {}], "ratio": 1.5}')
    const made = await until(t, 'the collection', async () => {
      const object = { apiVersion, kind: 'Gauge', metadata, spec: { ...spec, big: 9007199254740993n } }
      const written = await objects.create(kind, object, 'm', signal).catch(() => undefined)
      return written?.did === 'written' ? written : undefined
    })
    t.match(made.mark, /\/g1$/, 'a kind that counts generations is told by them')
    const status = { seen: 1 }
    await request('PATCH', `/apis/${apiVersion}/namespaces/${ns}/gauges/g/status`, { status })
    const read = await objects.read(kind, ns, 'g', signal)
    if (!read) throw new Error('it is not there')
    t.equal(objectDigest(read).mark, made.mark, 'a status changes nothing')
    t.match(read, { status, spec: { big: 9007199254740993n, list: [null, {}], ratio: 1.5, mode: 'auto' } })
    t.strictSame(Object.keys(read['spec'] as object).sort(), ['__proto__', 'big', 'list', 'mode', 'ratio'])

    t.match(await objects.replace(kind, { ...read, metadata: { ...read.metadata, labels: { a: 'b' } } }, 'm', signal), {
      did: 'written',
      mark: made.mark,
    })
    const after = await objects.read(kind, ns, 'g', signal)
    t.strictSame(after?.['spec'], read['spec'])
    const text = JSON.stringify((await request('GET', `/apis/${apiVersion}/namespaces/${ns}/gauges/g`)).body.spec)
    t.match(text, /"__proto__":\{"a":1\}/)

    const wrong = { ...after, spec: { mode: 'hunter2' }, metadata: { ...after?.metadata, ...metadata } }
    const thrown = await failure(objects.replace(kind, wrong, 'm', signal))
    t.match(thrown, {
      code: 'ClusterRefused',
      path: 'spec.mode',
      message: new RegExp(`write Gauge ${ns}/g.*Invalid 422`),
    })
    t.notMatch(String(thrown), /hunter2/)
  },
)

t.test('a kind is watched while somebody holds it, metadata only', async t => {
  const [ns, other] = [await namespace(t), await namespace(t)]
  const cluster = open(t)
  const told: string[] = []
  const watches = watchOnDemand({
    cluster,
    namespace: undefined,
    labelSelector: `watched=${ns}`,
    onChange: (kind, { type, key, object }) => {
      told.push(`${kind.kind} ${type} ${key}`)
      t.notOk('data' in object)
    },
    onError: error => t.fail(String(error)),
    now,
    random: Math.random,
    limits: { retryMinMs: 2 },
  })
  t.teardown(() => watches.stop())
  const kind = await objectClient(cluster).resolve('v1', 'ConfigMap', signal)
  const make = (where: string, name: string, labels: object) =>
    request('POST', `/api/v1/namespaces/${where}/configmaps`, { metadata: { name, labels }, data: { a: 'x' } })
  await make(ns, 'one', { watched: ns })
  t.equal(watches.get(kind, ns, 'one'), undefined)
  watches.hold(`${ns}/a`, kind)
  watches.hold(`${ns}/a`, kind)
  watches.hold(`${ns}/b`, kind)
  t.equal(watches.size(), 1)
  await until(t, 'the first list', async () => watches.isSynced(kind) || undefined)
  t.match(watches.get(kind, ns, 'one'), { namespace: ns, name: 'one', labels: { watched: ns } })
  await make(other, 'two', { watched: ns })
  await make(other, 'three', {})
  await until(t, 'the second', async () => watches.get(kind, other, 'two'))
  const mark = watches.get(kind, ns, 'one')?.mark
  await request('PATCH', `/api/v1/namespaces/${ns}/configmaps/one`, { data: { a: 'y' } })
  await until(t, 'the edit', async () => (watches.get(kind, ns, 'one')?.mark === mark ? undefined : true))
  t.strictSame(told, [`ConfigMap added ${ns}/one`, `ConfigMap added ${other}/two`, `ConfigMap updated ${ns}/one`])

  watches.release(`${ns}/a`)
  watches.release(`${ns}/unknown`)
  t.equal(watches.size(), 1, 'somebody holds it yet')
  const secret = { apiVersion: 'v1', kind: 'Secret', resource: 'secrets' }
  watches.hold(`${ns}/b`, secret)
  t.equal(watches.size(), 1, 'another kind takes the place of the first')
  t.equal(watches.get(kind, ns, 'one'), undefined)
  watches.release(`${ns}/b`)
  t.equal(watches.size(), 0)
  watches.hold(`${ns}/b`, kind)
  await until(t, 'a new list', async () => watches.get(kind, ns, 'one'))
  await watches.stop()
  t.equal(watches.size(), 0)
})

t.test('a server that does not answer is ClusterUnreachable', async t => {
  const away = { ...open(t), open: () => Promise.reject(new Error(`connect ${apiServer.token}`)) }
  const kind = { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps' }
  const thrown = await failure(objectClient(away).read(kind, 'a', 'b', signal))
  t.notMatch(String(thrown), apiServer.token)
  t.match(thrown, { name: 'Fault' })
})
