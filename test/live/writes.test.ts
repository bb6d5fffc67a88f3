// What Latchkey writes, on the real API server.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import t, { type Test } from 'tap'
import { Fault, fieldManager } from '#core'
import {
  type Cluster,
  connect,
  credentialReader,
  eventRecorder,
  type ObjectRef,
  secretWriter,
  statusWriter,
} from '#kube'
import { apiServer, kubeconfigPath, namespace, request, until } from '../support/cluster.ts'

const now = (): number => performance.now()
const { signal } = new AbortController()
const encode = (text: string): string => Buffer.from(text).toString('base64')

const open = (t: Test, path = kubeconfigPath): Cluster => {
  const cluster = connect({ source: { from: 'file', path }, now, random: Math.random })
  t.teardown(() => cluster.close())
  return cluster
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )

const secret = (namespace: string, data: Record<string, string>) => ({
  apiVersion: 'v1' as const,
  kind: 'Secret' as const,
  metadata: { name: 'target', namespace },
  data,
})

t.test('a Secret is created, replaced and deleted, each only in the version that was read', async t => {
  const ns = await namespace(t)
  const secrets = secretWriter(open(t))
  const manager = fieldManager('my-es')
  t.equal(await secrets.read(ns, 'target', signal), undefined)
  t.equal(await secrets.create(secret(ns, { a: encode('1'), empty: '' }), manager, signal), 'written')
  t.equal(await secrets.create(secret(ns, {}), manager, signal), 'conflict')

  const first = await secrets.read(ns, 'target', signal)
  if (!first) throw new Error('the Secret is not there')
  t.strictSame(first.data, { a: encode('1'), empty: '' })
  t.strictSame(
    first.metadata.managedFields?.map(one => one.manager),
    [manager],
  )
  t.match(first.metadata.managedFields?.[0]?.fieldsV1, { 'f:data': { 'f:a': {} } })

  const labels = { metadata: { labels: { other: 'wrote' } } }
  await request('PATCH', `/api/v1/namespaces/${ns}/secrets/target`, labels)
  t.equal(await secrets.replace({ ...first, data: {} }, manager, signal), 'conflict')
  const second = await secrets.read(ns, 'target', signal)
  if (!second) throw new Error('the Secret is not there')
  t.equal(await secrets.replace({ ...second, data: { b: encode('2') } }, manager, signal), 'written')
  const third = await secrets.read(ns, 'target', signal)
  t.match(third, { data: { b: encode('2') }, metadata: { labels: { other: 'wrote' } } })
  t.notOk(third?.data?.['a'])

  const { uid = '', resourceVersion = '' } = second.metadata
  const stale = await failure(secrets.remove({ namespace: ns, name: 'target', uid, resourceVersion }, signal))
  t.match(stale, { code: 'ClusterRefused', message: /delete Secret .*Conflict 409/ })
  const live = third?.metadata.resourceVersion ?? ''
  const other = '00000000-0000-0000-0000-000000000000'
  const wrong = await failure(
    secrets.remove({ namespace: ns, name: 'target', uid: other, resourceVersion: live }, signal),
  )
  t.match(wrong, { code: 'ClusterRefused' })
  await secrets.remove({ namespace: ns, name: 'target', uid, resourceVersion: live }, signal)
  t.equal(await secrets.read(ns, 'target', signal), undefined)
  await secrets.remove({ namespace: ns, name: 'target', uid, resourceVersion: live }, signal)
  t.equal(await secrets.replace({ ...second, data: {} }, manager, signal), 'conflict', 'gone is a conflict too')
})

t.test('a refused write names the object and the reason, and nothing of its content', async t => {
  const ns = await namespace(t)
  const secrets = secretWriter(open(t))
  const hunter = { 'bad key/hunter2': encode('hunter2') }
  const refused = await failure(secrets.create(secret(ns, hunter), 'm', signal))
  t.ok(refused instanceof Fault)
  t.match(refused, {
    code: 'ClusterRefused',
    path: /^data\[/,
    message: new RegExp(`create Secret ${ns}/target.*Invalid 422`),
  })
  const nowhere = await failure(secrets.create(secret('no-such-namespace', { a: encode('hunter2') }), 'm', signal))
  t.match(nowhere, { code: 'ClusterRefused', message: /NotFound 404/ })
  t.notMatch(String(nowhere), encode('hunter2'))
})

t.test('credentials are read whole, and an absent object is told apart from an error', async t => {
  const ns = await namespace(t)
  const reader = credentialReader(open(t))
  await request('POST', `/api/v1/namespaces/${ns}/secrets`, secret(ns, { accessId: encode('p-1'), empty: '' }))
  await request('POST', `/api/v1/namespaces/${ns}/configmaps`, { metadata: { name: 'ca' }, data: { 'ca.crt': 'PEM' } })
  const found = await reader.secret(ns, 'target', signal)
  t.equal(found?.get('accessId')?.reveal().toString(), 'p-1')
  t.equal(found?.get('empty')?.size, 0)
  t.strictSame(await reader.configMap(ns, 'ca', signal), new Map([['ca.crt', 'PEM']]))
  t.equal(await reader.secret(ns, 'absent', signal), undefined)
  t.equal(await reader.configMap(ns, 'absent', signal), undefined)
})

// a group of its own: the real kinds are other tests' business
const group = `writes${process.pid}.latchkey.test`
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `externalsecrets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: {
      plural: 'externalsecrets',
      singular: 'externalsecret',
      kind: 'ExternalSecret',
      listKind: 'ExternalSecretList',
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

t.test('a status patch changes the status alone, and passes over objects that are gone', async t => {
  const ns = await namespace(t)
  await request('POST', crds, crd)
  t.teardown(() => request('DELETE', `${crds}/${crd.metadata.name}`))
  const path = `/apis/${group}/v1/namespaces/${ns}/externalsecrets`
  const manifest = { apiVersion: `${group}/v1`, kind: 'ExternalSecret', metadata: { name: 'es' }, spec: { a: 1 } }
  const made = await until(t, 'the kind', async () => {
    const reply = await request('POST', path, manifest)
    return reply.status === 201 ? reply.body : undefined
  })
  const object: ObjectRef = {
    kind: 'ExternalSecret',
    apiVersion: `${group}/v1`,
    namespace: ns,
    name: 'es',
    uid: made.metadata.uid,
  }
  const status = statusWriter(open(t))
  await status.patch(object, { refreshTime: 'x', old: 1 }, signal)
  await status.patch(object, { conditions: [{ type: 'Ready' }], old: null }, signal)
  const { body } = await request('GET', `${path}/es`)
  t.strictSame(body.status, { refreshTime: 'x', conditions: [{ type: 'Ready' }] })
  t.strictSame(body.spec, { a: 1 })
  t.equal(body.metadata.generation, 1)

  await status.patch({ ...object, uid: '00000000-0000-0000-0000-000000000000' }, { refreshTime: 'wrong' }, signal)
  const version: string = body.metadata.resourceVersion
  await request('PATCH', `${path}/es`, { metadata: { labels: { moved: 'on' } } })
  await status.patch({ ...object, resourceVersion: version }, { late: true }, signal)
  t.match((await request('GET', `${path}/es`)).body, { metadata: { labels: { moved: 'on' } }, status: { late: true } })
  await status.patch({ ...object, name: 'absent' }, { refreshTime: 'wrong' }, signal)
  t.equal((await request('GET', `${path}/es`)).body.status.refreshTime, 'x')
})

t.test('events that repeat become one with a count; after five minutes a new one', async t => {
  const ns = await namespace(t)
  let at = Date.parse('2030-01-01T00:00:00Z')
  const events = eventRecorder({ cluster: open(t), instance: 'pod-1', date: () => new Date(at) })
  t.teardown(() => events.stop())
  const object: ObjectRef = {
    kind: 'ExternalSecret',
    apiVersion: 'external-secrets.io/v1',
    namespace: ns,
    name: 'es',
    uid: 'u-1',
  }
  const failed = { type: 'Warning' as const, reason: 'ItemNotFound', message: 'spec.data[1]: item /a not found' }
  events.record(object, failed)
  events.record(object, failed)
  await events.flushed()
  at += 60_000
  events.record(object, failed)
  events.record(object, { ...failed, message: 'another' })
  await events.flushed()
  const list = async () => (await request('GET', `/api/v1/namespaces/${ns}/events`)).body.items
  const [one, two, ...more] = (await list()).sort((a: { count: number }, b: { count: number }) => b.count - a.count)
  t.match(one, {
    count: 3,
    type: 'Warning',
    reason: 'ItemNotFound',
    message: failed.message,
    source: { component: 'latchkey' },
    reportingInstance: 'pod-1',
    involvedObject: { kind: 'ExternalSecret', name: 'es', namespace: ns, uid: 'u-1' },
    firstTimestamp: '2030-01-01T00:00:00Z',
    lastTimestamp: '2030-01-01T00:01:00Z',
  })
  t.match(two, { count: 1, message: 'another' })
  t.strictSame(more, [])

  at += 5 * 60_000 + 1
  events.record(object, failed)
  await events.flushed()
  t.equal((await list()).length, 3)
  await request('DELETE', `/api/v1/namespaces/${ns}/events`)
  events.record(object, failed)
  await events.flushed()
  t.match(await list(), [{ count: 1 }], 'an event that was deleted is told anew')
  t.equal(events.dropped(), 0)
})

t.test('events that cannot be written are counted, whatever their number', async t => {
  const events = eventRecorder({ cluster: open(t), instance: 'i', date: () => new Date() })
  const object: ObjectRef = {
    kind: 'SecretStore',
    apiVersion: 'x/v1',
    namespace: 'no-such-namespace',
    name: 's',
    uid: 'u',
  }
  for (let i = 0; i < 1_000; i += 1) events.record(object, { type: 'Normal', reason: 'R', message: `${i}` })
  t.equal(events.dropped(), 488, 'the queue holds 512')
  await events.stop()
  t.equal(events.dropped(), 1_000)
})

t.test('a CA file that changes is taken up without a restart', async t => {
  const dir = t.testdir({})
  const [ca, kubeconfig] = [join(dir, 'ca.crt'), join(dir, 'kubeconfig')]
  const config = {
    clusters: [{ name: 'c', cluster: { server: apiServer.url, 'certificate-authority': ca } }],
    users: [{ name: 'u', user: { token: apiServer.token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  // a certificate authority of the public web
  writeFileSync(ca, rootCertificates[0] ?? '')
  const cluster = open(t, kubeconfig)
  const ask = () => cluster.request({ method: 'GET', path: '/version', signal })
  t.match(await failure(ask()), { name: 'KubeError', status: 0, reason: 'Untrusted' })
  writeFileSync(ca, apiServer.ca)
  t.match(await ask(), { gitVersion: /^v1/ })
})
