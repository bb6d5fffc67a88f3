// What is written for a manifest target, and what is left alone (compatibility.md §2.5, §2.8, §9 25; security.md T10, T11).
import t from 'tap'
import { createdByHash, unstructuredHash } from '#core'
import { refusedObject, refusedRemoval } from '../../../pkg/reconcile/manifest/claim.ts'
import { baseObject, draftObject, objectHash } from '../../../pkg/reconcile/manifest/draft.ts'
import type { ManifestObject } from '../../../pkg/reconcile/manifest/object.ts'
import { createdByLabel, dataHashAnnotation, managedLabel } from '../../../pkg/reconcile/marks.ts'
import { externalSecret, managedFields, namespace, owner } from './build.ts'

const configMap = { apiVersion: 'v1', kind: 'ConfigMap' }
const route = { apiVersion: 'x.io/v1', kind: 'Route' }
const policies = ['Owner', 'Orphan', 'Merge', 'CreateOrMerge', 'None'] as const
type Policy = (typeof policies)[number]

const es = (creationPolicy: Policy, manifest = configMap, more: Record<string, unknown> = {}, metadata = {}) =>
  externalSecret({ spec: { target: { creationPolicy, manifest, ...more } }, metadata })

const mark = createdByHash(namespace, 'app')
const object = (
  kind: typeof configMap,
  content: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): ManifestObject => ({
  ...kind,
  metadata: { name: 'app', namespace, uid: 'u-1', resourceVersion: '7', ...metadata },
  ...content,
})

/** The object as a sync of policy Owner left it. */
const written = (kind: typeof configMap, content: Record<string, unknown>, metadata: Record<string, unknown> = {}) =>
  object(kind, content, {
    labels: { [managedLabel]: 'true', [createdByLabel]: mark },
    annotations: { [dataHashAnnotation]: objectHash(content) },
    ownerReferences: [owner],
    managedFields: managedFields([managedLabel, createdByLabel], [dataHashAnnotation]),
    ...metadata,
  })

const placed = (kind: typeof configMap, content: Record<string, unknown>, metadata: Record<string, unknown> = {}) => ({
  ...kind,
  metadata: { name: 'app', namespace, ...metadata },
  ...content,
})

t.test('an absent object is made, marked by who owns it', t => {
  const want = placed(configMap, { data: { a: '1' } })
  const marks = { [managedLabel]: 'true' }
  const annotations = { [dataHashAnnotation]: unstructuredHash({ a: '1' }) }
  const made = { ...configMap, data: { a: '1' } }
  const identity = { name: 'app', namespace }
  const labels = { ...marks, [createdByLabel]: mark }
  t.strictSame(draftObject(es('Owner'), configMap, want, undefined), {
    do: 'create',
    object: { ...made, metadata: { ...identity, labels, annotations, ownerReferences: [owner] } },
  })
  for (const policy of ['Orphan', 'CreateOrMerge'] as const) {
    t.strictSame(
      draftObject(es(policy), configMap, want, undefined),
      { do: 'create', object: { ...made, metadata: { ...identity, labels: marks, annotations } } },
      policy,
    )
  }
  for (const policy of ['Merge', 'None'] as const) {
    t.strictSame(draftObject(es(policy), configMap, want, undefined), { do: 'leave' }, policy)
  }
  t.end()
})

t.test('what is there as it should be is kept', t => {
  const data = { data: { a: '1' } }
  t.strictSame(draftObject(es('Owner'), configMap, placed(configMap, data), written(configMap, data)), { do: 'keep' })
  const spec = { spec: { a: 1, list: [{ b: 1 }] } }
  const filled = { spec: { a: 1, mode: 'auto', list: [{ b: 1, mode: 'auto' }] }, status: { seen: 1 } }
  const live = written(route, filled, { annotations: { [dataHashAnnotation]: objectHash(spec) } })
  t.strictSame(
    draftObject(es('Owner', route), route, placed(route, spec), live),
    { do: 'keep' },
    'what the API server fills in is no difference',
  )
  t.strictSame(draftObject(es('None'), configMap, placed(configMap, data), written(configMap, {})), { do: 'keep' })
  t.end()
})

t.test(
  'what differs is replaced: content from scratch, foreign metadata and the status kept, stale marks of ours gone',
  t => {
    const live = written(
      route,
      { spec: { old: 1 }, extra: 1, status: { seen: 1 } },
      {
        labels: { [managedLabel]: 'true', stale: 'x', theirs: 'y' },
        annotations: { note: 'theirs', gone: 'x' },
        finalizers: ['a/b'],
        managedFields: managedFields([managedLabel, 'stale'], ['gone']),
      },
    )
    const next = draftObject(
      es('Owner', route),
      route,
      placed(route, { spec: { new: 1 } }, { labels: { team: 'a' } }),
      live,
    )
    t.strictSame(next, {
      do: 'replace',
      object: {
        ...route,
        status: { seen: 1 },
        spec: { new: 1 },
        metadata: {
          name: 'app',
          namespace,
          uid: 'u-1',
          resourceVersion: '7',
          finalizers: ['a/b'],
          labels: { theirs: 'y', team: 'a', [createdByLabel]: mark, [managedLabel]: 'true' },
          annotations: { note: 'theirs', [dataHashAnnotation]: unstructuredHash({ new: 1 }) },
          ownerReferences: [owner],
        },
      },
    })
    t.end()
  },
)

const differences: readonly [string, Record<string, unknown>, Record<string, unknown>, typeof configMap][] = [
  ['a value', { data: { a: '1' } }, { data: { a: '2' } }, configMap],
  ['a key that is missing', { data: {} }, { data: { a: '2' } }, configMap],
  ['a key too much in a ConfigMap', { data: { a: '1', more: '2' } }, { data: { a: '1' } }, configMap],
  ['bytes too much in a ConfigMap', { data: { a: '1' }, binaryData: { b: 'AA==' } }, { data: { a: '1' } }, configMap],
  ['a list that is longer', { spec: { l: [1, 2] } }, { spec: { l: [1] } }, route],
  ['a number of another digit', { spec: { n: 9007199254740993n } }, { spec: { n: 9007199254740992n } }, route],
  ['a text that is a number', { spec: { n: '1' } }, { spec: { n: 1 } }, route],
  ['a field of the prototype', { spec: {} }, { spec: { constructor: 'x' } }, route],
]
for (const [name, have, want, kind] of differences) {
  t.test(`${name} is a difference`, t => {
    const live = written(kind, have, { annotations: { [dataHashAnnotation]: objectHash(want) } })
    t.match(draftObject(es('Owner', kind), kind, placed(kind, want), live), { do: 'replace' })
    t.end()
  })
}

t.test('an empty map, an absent one and null are the same', t => {
  for (const have of [{}, { data: {} }, { data: null }]) {
    const live = written(configMap, have, { annotations: { [dataHashAnnotation]: objectHash({ data: {} }) } })
    t.strictSame(draftObject(es('Owner'), configMap, placed(configMap, { data: {} }), live), { do: 'keep' })
  }
  t.end()
})

t.test('who the object is comes from the manifest, whatever a template made', t => {
  const want = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: {
      name: 'admin',
      namespace: 'kube-system',
      uid: 'x',
      finalizers: ['x/y'],
      ownerReferences: [],
      labels: { [managedLabel]: 'false', [createdByLabel]: 'x' },
      annotations: { [dataHashAnnotation]: 'x' },
    },
    data: { a: '1' },
  }
  const made = draftObject(es('Owner'), configMap, want, undefined)
  t.strictSame(made, draftObject(es('Owner'), configMap, placed(configMap, { data: { a: '1' } }), undefined))
  t.end()
})

const other = { ...owner, name: 'other', uid: 'uid-other' }
const former = { ...owner, uid: 'uid-former', apiVersion: 'external-secrets.io/v1beta1' }
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd', controller: true }
const bystander = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd' }
const managed = { labels: { [managedLabel]: 'true' } }
/** Metadata that is there, and the policies that may write over it. */
const owners: readonly [string, Record<string, unknown>, readonly Policy[]][] = [
  ['ours', { ...managed, ownerReferences: [owner] }, ['Owner', 'Orphan', 'Merge', 'CreateOrMerge']],
  ['of a former one of our name', { ownerReferences: [former] }, ['Owner', 'Orphan', 'Merge', 'CreateOrMerge']],
  ['of another ExternalSecret', { ...managed, ownerReferences: [other] }, []],
  ['of another controller', { ...managed, ownerReferences: [deployment] }, ['Merge', 'CreateOrMerge']],
  ['of nobody', {}, ['Merge', 'CreateOrMerge']],
  ['of a bystander', { ownerReferences: [bystander] }, ['Merge', 'CreateOrMerge']],
  ['handed over by label', managed, ['Owner', 'Orphan', 'Merge', 'CreateOrMerge']],
  ['labelled as not managed', { labels: { [managedLabel]: 'false' } }, ['Merge', 'CreateOrMerge']],
  [
    'made by another ExternalSecret, without an owner',
    { labels: { [managedLabel]: 'true', [createdByLabel]: createdByHash(namespace, 'other') } },
    ['Merge', 'CreateOrMerge'],
  ],
  [
    'made by us, without an owner',
    { labels: { ...managed.labels, [createdByLabel]: mark } },
    ['Owner', 'Orphan', 'Merge', 'CreateOrMerge'],
  ],
]
for (const [name, metadata, may] of owners) {
  t.test(`an object ${name} is written by ${may.join(', ') || 'none'} alone`, t => {
    const live = object(configMap, { data: { theirs: 'x' } }, metadata)
    for (const policy of ['Owner', 'Orphan', 'Merge', 'CreateOrMerge'] as const) {
      const drafted = draftObject(es(policy), configMap, placed(configMap, { data: { a: '1' } }), live)
      t.equal(drafted.do, may.includes(policy) ? 'replace' : 'refuse', policy)
      const early = refusedObject(es(policy), live)
      t.equal(early === undefined, may.includes(policy), `${policy}, before items are read`)
      if (early) t.match(early, { code: 'SecretOwned', path: 'spec.target.name', message: /ConfigMap app/ })
    }
    t.end()
  })
}

t.test('a policy that owns nothing takes its own reference and mark away', t => {
  const live = written(configMap, { data: { a: '1' } }, { ownerReferences: [bystander, owner] })
  const next = draftObject(es('Orphan'), configMap, placed(configMap, { data: { a: '1' } }), live)
  t.match(next, { do: 'replace', object: { metadata: { ownerReferences: [bystander] } } })
  t.notOk(next.do === 'replace' && createdByLabel in (next.object.metadata.labels ?? {}))
  t.end()
})

t.test('the base is what is there where it is shared, else empty; the metadata is ours', t => {
  const live = written(route, { spec: { theirs: 1 }, status: { a: 1 } }, { labels: { theirs: 'x' } })
  const labels = { labels: { team: 'a' }, annotations: { note: 'b' } }
  const metadata = { name: 'app', namespace, ...labels }
  t.strictSame(baseObject(es('Merge', route, {}, labels), route, live), {
    ...route,
    metadata,
    spec: { theirs: 1 },
    status: { a: 1 },
  })
  t.strictSame(baseObject(es('Owner', route, {}, labels), route, live), { ...route, metadata, spec: {} })
  t.strictSame(baseObject(es('Owner', configMap, {}, labels), configMap, undefined), {
    ...configMap,
    metadata,
    data: {},
  })
  const templated = es('Owner', route, { template: { data: { a: 'x' } } }, labels)
  t.strictSame(
    baseObject(templated, route, undefined).metadata,
    { name: 'app', namespace },
    'a template brings its own',
  )
  t.end()
})

t.test('shared objects are written once, then kept', t => {
  const live = object(route, { spec: { theirs: 1, mode: 'auto' }, status: {} }, { labels: { theirs: 'x' } })
  const target = es('Merge', route)
  const lay = (existing: ManifestObject) => {
    const base = baseObject(target, route, existing)
    const { spec } = base as { spec?: object }
    return { ...base, spec: { ...spec, ours: 1 } }
  }
  const first = draftObject(target, route, lay(live), live)
  if (first.do !== 'replace') throw new Error(first.do)
  t.match(first.object, { spec: { theirs: 1, mode: 'auto', ours: 1 }, metadata: { labels: { theirs: 'x' } } })
  t.strictSame(draftObject(target, route, lay(first.object), first.object), { do: 'keep' })
  t.end()
})

t.test('what is immutable is kept as it is or refused', t => {
  const live = (data: object) => written(configMap, { data, immutable: true })
  const want = placed(configMap, { data: { a: '1' } })
  t.strictSame(draftObject(es('Owner'), configMap, want, live({ a: '1' })), { do: 'keep' })
  t.match(draftObject(es('Owner'), configMap, want, live({ a: '2' })), {
    do: 'refuse',
    fault: { code: 'SecretImmutable', path: 'spec.target.name' },
  })
  t.end()
})

const secret = { apiVersion: 'v1', kind: 'Secret' }
const template = { data: { a: '{{ .a | b64enc }}' } }
const protectedTypes = ['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token', 'helm.sh/release.v1']
for (const type of protectedTypes) {
  t.test(`a Secret of type ${type} is never made or written, even as a manifest`, t => {
    for (const policy of ['Owner', 'Orphan', 'Merge', 'CreateOrMerge'] as const) {
      const protect = { do: 'refuse', fault: { code: 'SecretProtected' } }
      const made = placed(secret, { data: {}, type })
      if (policy !== 'Merge') t.match(draftObject(es(policy, secret, { template }), secret, made, undefined), protect)
      const live = written(secret, { type })
      t.match(draftObject(es(policy, secret, { template }), secret, placed(secret, { data: {} }), live), protect)
      t.match(refusedObject(es(policy, secret, { template }), live), { code: 'SecretProtected' })
    }
    t.end()
  })
}

t.test('a Secret without a template for its data is refused: there would be no place for the values', t => {
  for (const plain of [{}, { template: {} }, { template: { data: { a: 'x' }, mergePolicy: 'Merge' } }]) {
    t.match(refusedObject(es('Owner', secret, plain), undefined), {
      code: 'SpecInvalid',
      path: 'spec.target.manifest',
      remedy: /leave out target.manifest/,
    })
  }
  t.end()
})

t.test('the type of a Secret that is there stays', t => {
  const live = written(secret, { data: { a: 'MQ==' }, type: 'Opaque' })
  t.strictSame(draftObject(es('Owner', secret, { template }), secret, placed(secret, { data: { a: 'MQ==' } }), live), {
    do: 'keep',
  })
  const want = placed(secret, { data: { a: 'MQ==' }, type: 'example.com/x' })
  t.match(draftObject(es('Owner', secret, { template }), secret, want, live), {
    do: 'refuse',
    fault: { code: 'SecretImmutable' },
  })
  t.end()
})

t.test('only what this very ExternalSecret controls is deleted', t => {
  const live = (metadata: Record<string, unknown>) => written(configMap, {}, metadata)
  t.equal(refusedRemoval(es('Owner'), live({})), undefined)
  const left: readonly [string, ManifestObject][] = [
    ['another owner', live({ ownerReferences: [other] })],
    ['no owner', live({ ownerReferences: [] })],
    ['a former one of the same name', live({ ownerReferences: [former] })],
    ['no mark', live({ labels: { [managedLabel]: 'true' } })],
  ]
  for (const [name, existing] of left) {
    t.match(refusedRemoval(es('Owner'), existing), { code: 'SecretOwned', path: 'spec.target.deletionPolicy' }, name)
  }
  t.match(refusedRemoval(es('Merge'), live({})), { message: /creationPolicy is not Owner/ })
  t.end()
})

t.test('a forced sync is noted on the object, once', t => {
  const forced = es('Owner', configMap, { template: { data: { a: 'x' } } }, { annotations: { 'force-sync': '7' } })
  t.match(draftObject(forced, configMap, placed(configMap, {}), undefined), {
    object: { metadata: { annotations: { 'latchkey.dev/force-sync': '7' } } },
  })
  const copied = placed(configMap, {}, { annotations: { 'force-sync': '7' } })
  const next = draftObject(
    es('Owner', configMap, {}, { annotations: { 'force-sync': '7' } }),
    configMap,
    copied,
    undefined,
  )
  t.notOk(next.do === 'create' && 'latchkey.dev/force-sync' in (next.object.metadata.annotations ?? {}))
  t.end()
})
