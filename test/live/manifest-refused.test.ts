// Objects of other kinds that must not be made: switched off, protected, somebody else's, or not as the kind wants them.
import t from 'tap'
import { startAudit } from '../support/audit.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
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
  whenReady,
} from '../support/objects.ts'
import { freeGroup, installKind, kindIn } from './manifest/kinds.ts'
import { install } from './twin.ts'

await install()
const group = freeGroup()
const closed = { type: 'object', properties: { known: { type: 'string' } } }
const dial = await installKind(t, group, 'Dial')
const strict = await installKind(t, group, 'Strict', closed)
const gateway = await startTlsGateway(t)
const data = [entry('user', '/apps/db-username')]
const configMap = { apiVersion: 'v1', kind: 'ConfigMap' }
const manifestOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }) => ({ apiVersion, kind })
const reads = () => gateway.journal().filter(({ op }) => op !== 'auth').length

const setUp = async (args: readonly string[]) => {
  const namespace = await namespaceFor(t)
  const audit = await startAudit(t)
  const process = await startLatchkey(t, { namespace, gateway, kubeconfig: audit.kubeconfig, args })
  await readyStore(t, namespace)
  const paths = pathsOf(namespace)
  const make = async (name: string, target: object, status: 'True' | 'False' = 'False'): Promise<Json> => {
    await create(paths.externalSecrets, externalSecret(name, { data, target }))
    return whenReady(t, `${paths.externalSecrets}/${name}`, status)
  }
  const es = (name: string) => `${paths.externalSecrets}/${name}`
  const configMaps = (name: string) => `/api/v1/namespaces/${namespace}/configmaps/${name}`
  return { namespace, audit, process, paths, make, es, configMaps }
}

const on = await setUp(['--unsafe-allow-generic-targets'])

t.test('without the flag nothing is read and nothing made, and the flag is named', async t => {
  const off = await setUp([])
  const before = reads()
  const { reason, message } = readyOf(await off.make('off', { manifest: configMap }))
  t.equal(reason, 'SecretSyncedError')
  t.match(message, /^spec\.target\.manifest: .*switched off.* → .*--unsafe-allow-generic-targets/)
  t.equal(reads(), before)
  t.equal(await get(off.configMaps('off')), undefined)
  await patch(off.es('off'), { spec: { target: { manifest: null } } })
  await whenReady(t, off.es('off'))
})

const protectedKinds = [
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', /gives rights/],
  ['apps/v1', 'Deployment', /runs programs/],
  ['v1', 'Pod', /runs programs/],
  ['v1', 'ServiceAccount', /is an identity/],
  ['external-secrets.io/v1', 'ExternalSecret', /which credentials/],
  ['external-secrets.io/v1', 'SecretStore', /which credentials/],
] as const

t.test('protected kinds are refused even with the flag', async t => {
  const before = reads()
  for (const [apiVersion, kind, why] of protectedKinds) {
    const { status, metadata } = await on.make(`no-${kind.toLowerCase()}`, { manifest: { apiVersion, kind } })
    t.match(readyOf({ status }), { reason: 'SecretSyncedError', message: why }, kind)
    t.match(readyOf({ status }).message, /→ name another kind, as a ConfigMap/)
    t.equal(metadata.generation, 1)
  }
  t.equal(reads(), before, 'no call')
  t.notOk(
    on.audit.asked().some(({ path }) => /rolebindings|deployments|pods|serviceaccounts/.test(path)),
    'not even looked for',
  )
})

const hostile = [
  'metadata.ownerReferences',
  'metadata.ownerReferences[0].uid',
  'metadata.finalizers',
  'metadata',
  'metadata.name',
  'apiVersion',
  'kind',
  'spec.list[10001]',
  'spec.list[99999999999999999999]',
  'spec.list[-1]',
  'spec..x',
  '[0].x',
]

t.test('paths that say who an object is, or would fill the memory, are refused before anything is read', async t => {
  const before = reads()
  for (const [index, target] of hostile.entries()) {
    const template = { templateFrom: [{ target, literal: 'a: "{{ .user }}"' }] }
    const { message } = readyOf(await on.make(`hostile-${index}`, { manifest: manifestOf(dial), template }))
    t.match(message, /^spec\.target\.template\.templateFrom\[0\]\.target: /, target)
  }
  t.equal(reads(), before)
})

t.test('__proto__ and constructor in a path are fields like any other', async t => {
  const template = {
    templateFrom: [
      { target: 'spec.__proto__.x', literal: 'polluted: "yes"' },
      { target: 'spec.constructor.prototype', literal: 'polluted: "yes"' },
    ],
  }
  await on.make('proto', { manifest: manifestOf(dial), template }, 'True')
  const text = JSON.stringify((await get(dial.at(on.namespace, 'proto'))).spec)
  t.match(text, '"__proto__":{"x":{"polluted":"yes"}}')
  t.match(text, '"constructor":{"prototype":{"polluted":"yes"}}')
  const top = { templateFrom: [{ target: '__proto__.x', literal: 'polluted: "yes"' }] }
  t.match(readyOf(await on.make('proto-top', { manifest: manifestOf(dial), template: top })), {
    reason: 'ResourceSyncedError',
    message: /^spec\.target\.template: /,
  })
  const plain = await on.make('innocent', { manifest: configMap }, 'True')
  t.equal(readyOf(plain).reason, 'ResourceSynced', 'nothing else is changed by it')
  t.same((await get(on.configMaps('innocent'))).data, { user: 'demo' })
})

t.test('a Secret is no manifest: without a template its values would vanish, and its type is guarded', async t => {
  const secret = { apiVersion: 'v1', kind: 'Secret' }
  const before = reads()
  const { message } = readyOf(await on.make('secret-plain', { manifest: secret }))
  t.match(message, /^spec\.target\.manifest: a Secret has no field .* → leave it out/)
  const typed = { type: 'kubernetes.io/service-account-token', data: { a: '{{ .user | b64enc }}' } }
  t.match(readyOf(await on.make('secret-typed', { manifest: secret, template: typed })).message, /template\.type: /)
  const path = { templateFrom: [{ target: 'type', literal: 'kubernetes.io/service-account-token' }] }
  t.match(
    readyOf(await on.make('secret-path', { manifest: secret, template: path })).message,
    /"type" is no part of a Secret/,
  )
  t.equal(reads(), before)
  for (const name of ['secret-plain', 'secret-typed', 'secret-path']) {
    t.equal(await get(`${on.paths.secrets}/${name}`), undefined)
  }
  await create(on.paths.secrets, {
    metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'default' } },
    type: 'kubernetes.io/service-account-token',
  })
  const template = { data: { a: '{{ .user | b64enc }}' } }
  const merge = { name: 'token', creationPolicy: 'Merge', manifest: secret, template }
  t.match(readyOf(await on.make('secret-merge', merge)).message, /service-account-token, which is never written/)
  await on.make('secret-good', { manifest: secret, template }, 'True')
  const { data } = await get(`${on.paths.secrets}/secret-good`)
  t.same(data, { a: Buffer.from('demo').toString('base64') })
})

t.test('a field that the kind does not have is told, and not dropped in silence', async t => {
  const { reason, message } = readyOf(await on.make('strict', { manifest: manifestOf(strict) }))
  t.equal(reason, 'ResourceSyncedError')
  t.match(message, /^spec\.target\.manifest: .* → give the kind the fields that its API asks for, and no others/)
  t.notMatch(message, /demo/)
  t.equal(await get(strict.at(on.namespace, 'strict')), undefined)
  const template = { templateFrom: [{ target: 'spec', literal: 'known: "{{ .user }}"' }] }
  await patch(on.es('strict'), { spec: { target: { template } } })
  await whenReady(t, on.es('strict'))
  t.same((await get(strict.at(on.namespace, 'strict'))).spec, { known: 'demo' })
  const wrong = { templateFrom: [{ target: 'spec.mode', literal: 'a: b' }] }
  t.match(readyOf(await on.make('enum', { manifest: manifestOf(dial), template: wrong })), {
    reason: 'ResourceSyncedError',
    message: /^spec\.target\.template: /,
  })
})

t.test('a kind that is not there yet is waited for', async t => {
  const later = kindIn(group, 'Later')
  const before = reads()
  const { message } = readyOf(await on.make('later', { manifest: manifestOf(later) }))
  t.match(message, /the API server has no kind "Later" in .* → install its CustomResourceDefinition/)
  t.equal(reads(), before)
  await installKind(t, group, 'Later')
  await whenReady(t, on.es('later'), 'True', 40_000)
  t.same((await get(later.at(on.namespace, 'later'))).spec.data, { user: 'demo' })
})

t.test('a kind without a namespace is refused', async t => {
  const { message } = readyOf(await on.make('node', { manifest: { apiVersion: 'v1', kind: 'Node' } }))
  t.match(message, /belongs to no namespace → name a kind whose objects live in namespaces/)
})

t.test('what somebody else made is not touched, until it is gone or handed over', async t => {
  const owner = await create(`/api/v1/namespaces/${on.namespace}/configmaps`, { metadata: { name: 'owner' } })
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, controller: true },
  ]
  const made = async (name: string, metadata: object = {}) =>
    create(`/api/v1/namespaces/${on.namespace}/configmaps`, { metadata: { name, ...metadata }, data: { theirs: 'x' } })
  const before = reads()
  const owned = await made('owned', { ownerReferences })
  const free = await made('free')
  t.match(readyOf(await on.make('owned', { manifest: configMap, deletionPolicy: 'Delete' })), {
    reason: 'ResourceSyncedError',
    message: 'spec.target.name: ConfigMap owned belongs to ConfigMap owner → choose another name',
  })
  const { message } = readyOf(await on.make('free', { manifest: configMap, deletionPolicy: 'Delete' }))
  t.match(message, /ConfigMap free is there and was not made by an ExternalSecret → .*managed=true/)
  t.equal(reads(), before, 'no call')
  for (const [name, { metadata }] of [
    ['owned', owned],
    ['free', free],
  ] as const) {
    const now = await get(on.configMaps(name))
    t.equal(now.metadata.resourceVersion, metadata.resourceVersion, `${name} is as it was`)
  }
  await patch(on.configMaps('free'), { metadata: { labels: { 'reconcile.external-secrets.io/managed': 'true' } } })
  await whenReady(t, on.es('free'))
  t.same((await get(on.configMaps('free'))).data, { user: 'demo' }, 'handed over')
  await remove(on.configMaps('owned'))
  await whenReady(t, on.es('owned'))
  t.same((await get(on.configMaps('owned'))).data, { user: 'demo' }, 'the name was free')

  await create(
    on.paths.externalSecrets,
    externalSecret('rival', { data, target: { name: 'free', manifest: configMap } }),
  )
  t.match(readyOf(await whenReady(t, on.es('rival'), 'False')).message, /ConfigMap free belongs to ExternalSecret free/)
})

t.test('an object of a kind that nothing watches for us is looked at again', async t => {
  await create(dial.at(on.namespace), { ...manifestOf(dial), metadata: { name: 'theirs' }, spec: {} })
  await on.make('theirs', { manifest: manifestOf(dial) })
  await remove(dial.at(on.namespace, 'theirs'))
  await settled(t, on.es('theirs'), es => readyOf(es).status === 'True', 45_000)
})

t.test('a ConfigMap takes no bytes that are no text, and no label that is none', async t => {
  const path = '/apps/bytes'
  await gateway.put({ path, type: 'STATIC_SECRET', value: Buffer.from([0xff, 0xfe, 0x00]).toString('base64') })
  const spec = {
    data: [{ secretKey: 'k', remoteRef: { key: path, decodingStrategy: 'Base64' } }],
    target: { manifest: configMap },
  }
  await create(on.paths.externalSecrets, externalSecret('bytes', spec))
  t.match(readyOf(await whenReady(t, on.es('bytes'), 'False')).message, /"k" is not UTF-8 text/)
  const template = { metadata: { labels: { bad: '{{ .user }} {{ .user }}' } } }
  t.match(readyOf(await on.make('label', { manifest: configMap, template })).message, /label/)
  t.equal(await get(on.configMaps('bytes')), undefined)
  await until(t, 'the process to be well', () => on.process.lines().some(({ msg }) => msg === 'synced') || undefined)
})
