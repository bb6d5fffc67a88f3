// server/ hands these parts to the reconciler; that they fit its ports is a matter of types, so tsc is the judge here.
import t from 'tap'
import { dataHash, Fault, faults } from '#core'
import * as kube from '../../../pkg/kube/index.ts'
import { accountDigest, clusterFault, KubeError, pathOf, secretDigest } from '../../../pkg/kube/index.ts'
import type * as ports from '../../../pkg/reconcile/ports.ts'

type Fits<Port, Part extends Port> = [Port, Part]
export type Assignable = [
  Fits<ports.SecretWriter, ReturnType<typeof kube.secretWriter>>,
  Fits<ports.CredentialReader, ReturnType<typeof kube.credentialReader>>,
  Fits<ports.StatusWriter, ReturnType<typeof kube.statusWriter>>,
  Fits<ports.EventRecorder, ReturnType<typeof kube.eventRecorder>>,
  Fits<ports.Snapshot<ports.SecretDigest>, kube.Snapshot<kube.SecretDigest>>,
  Fits<ports.AccountDigest, kube.AccountDigest>,
]

const raw = (rest: object) => ({ metadata: { name: 'n', namespace: 'ns', uid: 'u', resourceVersion: '7' }, ...rest })

t.test('a digest holds the hash of the decoded data, and no data', async t => {
  const empty = secretDigest(raw({}))
  t.equal(empty.dataHash, dataHash(new Map()))
  const one = secretDigest(raw({ data: { a: Buffer.from('hunter2').toString('base64') } }))
  t.equal(one.dataHash, dataHash(new Map([['a', Buffer.from('hunter2')]])))
  t.notMatch(JSON.stringify(one), /hunter2|aHVudGVyMg/)
  const nothing = dataHash(new Map([['a', Buffer.alloc(0)]]))
  t.equal(secretDigest(raw({ data: { a: '' } })).dataHash, nothing)
  t.equal(secretDigest(raw({ data: { a: null } })).dataHash, nothing)
})

t.test(
  'of a ServiceAccount its annotations for Azure are kept, in any order the same, and of most nothing',
  async t => {
    const own = { 'azure.workload.identity/client-id': 'c', 'azure.workload.identity/tenant-id': 't' }
    const { workload } = accountDigest(raw({ metadata: { annotations: { note: 'x', ...own } } }))
    t.notMatch(workload, /note/)
    const turned = Object.fromEntries(Object.entries({ ...own, other: 'y' }).reverse())
    t.equal(accountDigest(raw({ metadata: { annotations: turned } })).workload, workload)
    t.not(
      accountDigest(raw({ metadata: { annotations: { ...own, 'azure.workload.identity/client-id': 'd' } } })),
      workload,
    )
    t.same(accountDigest(raw({ secrets: [{ name: 's' }] })), { workload: '' })
    t.equal(
      accountDigest(raw({})),
      accountDigest(raw({ metadata: { annotations: { note: 'x' } } })),
      'one object for all',
    )
  },
)

t.test('a key named __proto__ is a key like any other, in what is hashed and in what is read', async t => {
  const data = JSON.parse('{"__proto__":"eA==","a":"eA=="}')
  const x = Buffer.from('x')
  t.equal(
    secretDigest(raw({ data })).dataHash,
    dataHash(
      new Map([
        ['__proto__', x],
        ['a', x],
      ]),
    ),
  )
  const cluster = { server: '', open: async () => [], close: async () => {}, request: async () => raw({ data }) }
  const { signal } = new AbortController()
  const reader = kube.credentialReader(cluster as never)
  t.same(
    [...((await reader.secret('ns', 'n', signal)) ?? [])].map(([key]) => key),
    ['__proto__', 'a'],
  )
  t.same(
    [...((await reader.configMap('ns', 'n', signal)) ?? [])].map(([key]) => key),
    ['__proto__', 'a'],
  )
  const read = await kube.secretWriter(cluster as never).read('ns', 'n', signal)
  t.equal(JSON.stringify(read?.data), JSON.stringify(data), 'and in what a replace starts from')
  t.throws(() => secretDigest(raw({ data: { a: 7 } })))
})

t.test('an error of the API server becomes a fault without its words', async t => {
  const cases = [
    [403, 'ClusterRefused'],
    [422, 'ClusterRefused'],
    [429, 'ClusterUnreachable'],
    [500, 'ClusterUnreachable'],
    [0, 'ClusterUnreachable'],
  ] as const
  for (const [status, code] of cases) {
    const fault = clusterFault(new KubeError({ status, reason: 'Any' }), 'write Secret a/b')
    t.equal(fault.code, code)
    t.match(fault.message, 'write Secret a/b')
    t.ok(fault.code in faults)
  }
  const own = new Fault('SecretOwned', 'x')
  t.equal(clusterFault(own, 'y'), own)
})

t.test('names are encoded in paths', async t => {
  t.equal(
    pathOf({ apiVersion: 'v1', resource: 'secrets', namespace: 'a', name: '../b' }),
    '/api/v1/namespaces/a/secrets/..%2Fb',
  )
  t.equal(pathOf({ apiVersion: 'g/v1', resource: 'things' }), '/apis/g/v1/things')
})
