import t from 'tap'
import { fieldManager, Sensitive } from '#core'
import type { SecretObject } from '../../../pkg/reconcile/ports.ts'
import { draft, isCurrent, want } from '../../../pkg/reconcile/secret.ts'
import { base64, digest, externalSecret, managedFields, owner, secretObject } from './build.ts'

const shape = { labels: {}, annotations: {}, finalizers: [] }
const sensitive = (texts: Record<string, string>) =>
  new Map(Object.entries(texts).map(([key, text]) => [key, Sensitive.text(text)]))
const es = externalSecret()
const wanted = (texts: Record<string, string> = { user: 'u' }, more: Partial<typeof shape> & { type?: string } = {}) =>
  want(es, sensitive(texts), { ...shape, ...more })

const written = (wantedSecret: ReturnType<typeof wanted>, existing?: SecretObject): SecretObject => {
  const next = draft(wantedSecret, existing)
  if (next.do !== 'create' && next.do !== 'replace') throw new Error(`drafted ${next.do}`)
  return next.secret
}
const refused = (wantedSecret: ReturnType<typeof wanted>, existing?: SecretObject): string => {
  const next = draft(wantedSecret, existing)
  return next.do === 'refuse' ? `${next.fault.code} ${next.fault.line()}` : next.do
}

t.test('a new Secret carries ESO’s labels, hashes and owner, to the byte', async t => {
  // vectors of compatibility.md §2.4, made by ESO's own code
  const object = externalSecret({ metadata: { name: 'es', namespace: 'ns' } })
  const secret = written(want(object, sensitive({ b: 'hi', a: '', c: '' }), shape))
  t.same(secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'es',
      namespace: 'ns',
      labels: {
        'reconcile.external-secrets.io/created-by': '473f360fa863099bd839b638c87dd73ea1c481336f7f6b47b7eef4bb',
        'reconcile.external-secrets.io/managed': 'true',
      },
      annotations: {
        'reconcile.external-secrets.io/data-hash': 'e8ce0863b55d69c915f540910a98b7db06a0ef33202e030145c5b07c',
      },
      ownerReferences: [{ ...owner, name: 'es' }],
    },
    data: { a: '', b: 'aGk=', c: '' },
  })
})

t.test('template metadata, type and finalizers go in, and cannot unmark the Secret', async t => {
  const secret = written(
    wanted(
      { 'tls.crt': 'c' },
      {
        type: 'kubernetes.io/tls',
        labels: { app: 'x', 'reconcile.external-secrets.io/managed': 'false' },
        annotations: { note: 'y', 'reconcile.external-secrets.io/data-hash': 'forged' },
        finalizers: ['a/b'] as never[],
      },
    ),
  )
  t.equal(secret.type, 'kubernetes.io/tls')
  t.match(secret.metadata.labels, { app: 'x', 'reconcile.external-secrets.io/managed': 'true' })
  t.match(secret.metadata.annotations, { note: 'y', 'reconcile.external-secrets.io/data-hash': /^[0-9a-f]{56}$/ })
  t.same(secret.metadata.finalizers, ['a/b'])
})

t.test('a Secret that holds everything already is kept', async t => {
  t.same(draft(wanted(), secretObject()), { do: 'keep' })
})

t.test('a Secret that ESO wrote is adopted without a write', async t => {
  const labels = { app: 'x' }
  const object = externalSecret({ metadata: { labels, annotations: { note: 'y', 'force-sync': '1' } } })
  const { metadata } = secretObject()
  const existing = secretObject(
    { user: 'u' },
    {
      metadata: {
        labels: { ...metadata.labels, ...labels },
        annotations: { ...metadata.annotations, note: 'y', 'force-sync': '1' },
      },
    },
  )
  const next = want(object, sensitive({ user: 'u' }), {
    labels,
    annotations: { note: 'y', 'force-sync': '1' },
    finalizers: [],
  })
  t.same(draft(next, existing), { do: 'keep' })
})

t.test('data is rebuilt from scratch', async t => {
  const secret = written(wanted({ user: 'new' }), secretObject({ user: 'old', extra: 'by hand' }))
  t.same(secret.data, base64({ user: 'new' }))
  t.equal(secret.metadata.resourceVersion, '20')
})

t.test('keys named like parts of a JavaScript object are keys like any other', async t => {
  const texts = Object.fromEntries(['__proto__', 'constructor', 'toString'].map(key => [key, key]))
  const { data } = written(wanted(texts))
  t.same(Object.keys(data ?? {}).sort(), ['__proto__', 'constructor', 'toString'])
  t.match(JSON.stringify(data), /"__proto__":"X19wcm90b19f"/)
})

t.test('labels and annotations that we wrote earlier go, foreign ones stay', async t => {
  const { metadata } = secretObject()
  const labels = { ...metadata.labels, stale: '1', foreign: '2' }
  const annotations = { ...metadata.annotations, old: '1', theirs: '2' }
  const ours = managedFields([...Object.keys(metadata.labels ?? {}), 'stale'], ['old'])
  const theirs = managedFields(['foreign'], ['theirs'], 'kubectl-edit')
  const existing = secretObject(
    { user: 'u' },
    { metadata: { labels, annotations, managedFields: [...ours, ...theirs] } },
  )
  const secret = written(wanted(), existing)
  t.same(Object.keys(secret.metadata.labels ?? {}).sort(), [
    'foreign',
    'reconcile.external-secrets.io/created-by',
    'reconcile.external-secrets.io/managed',
  ])
  t.same(Object.keys(secret.metadata.annotations ?? {}).sort(), ['reconcile.external-secrets.io/data-hash', 'theirs'])
  t.notOk('managedFields' in secret.metadata, 'the server keeps its own')
})

t.test('stale labels go for long names too, where ESO forgets them', async t => {
  const name = 'a'.repeat(40)
  const object = externalSecret({ metadata: { name } })
  const next = want(object, sensitive({ user: 'u' }), shape)
  const existing = secretObject(
    { user: 'u' },
    {
      metadata: {
        labels: { stale: '1' },
        ownerReferences: undefined,
        managedFields: managedFields(['stale'], [], fieldManager(name)),
      },
    },
  )
  t.notOk('stale' in (written(next, existing).metadata.labels ?? {}))
})

t.test('hand-made finalizers, other owners and unknown fields stay', async t => {
  const other = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'x' }
  const existing = secretObject(
    { user: 'old' },
    { metadata: { finalizers: ['keep/me'], ownerReferences: [other], generateName: 'g' }, future: { a: 1 } },
  )
  const secret = written(wanted(), existing)
  t.same(secret.metadata.ownerReferences, [other, owner])
  t.same(secret.metadata.finalizers, ['keep/me'])
  t.equal(secret.metadata['generateName'], 'g')
  t.same(secret['future'], { a: 1 })
})

t.test('a Secret without an owner is adopted, as by ESO', async t => {
  const secret = written(wanted(), secretObject({ hand: 'made' }, { metadata: { ownerReferences: undefined } }))
  t.same(secret.metadata.ownerReferences, [owner])
  t.same(secret.data, base64({ user: 'u' }))
})

t.test('a Secret that a deleted object of the same name left is taken over', async t => {
  const old = { ...owner, uid: 'uid-before', apiVersion: 'external-secrets.io/v1beta1' }
  const secret = written(wanted(), secretObject({ user: 'u' }, { metadata: { ownerReferences: [old] } }))
  t.same(secret.metadata.ownerReferences, [owner])
})

const controller = (kind: string, name: string, apiVersion = 'external-secrets.io/v1') => [
  { apiVersion, kind, name, uid: 'z', controller: true },
]
const refusals: { name: string; existing?: SecretObject; type?: string; want: RegExp }[] = [
  {
    name: 'another ExternalSecret',
    existing: secretObject({}, { metadata: { ownerReferences: controller('ExternalSecret', 'other') } }),
    want: /^SecretOwned spec\.target\.name: Secret app belongs to ExternalSecret other → choose another name$/,
  },
  {
    name: 'another operator’s object of the same name',
    existing: secretObject(
      {},
      { metadata: { ownerReferences: controller('Certificate', 'app', 'cert-manager.io/v1') } },
    ),
    want: /^SecretOwned .*belongs to Certificate app/,
  },
  {
    name: 'an owner whose name would write on the terminal',
    existing: secretObject({}, { metadata: { ownerReferences: controller('X\n\u001b[31m', 'n'.repeat(50_000)) } }),
    want: /^SecretOwned \P{Cc}{0,300}$/u,
  },
  {
    name: 'a type that would',
    type: 'kubernetes.io/tls',
    existing: secretObject({}, { type: `X\n\u001b[31m${'n'.repeat(50_000)}` }),
    want: /^SecretImmutable \P{Cc}{0,300}$/u,
  },
  {
    name: 'the CA of our own webhook',
    existing: secretObject({}, { type: 'latchkey.dev/webhook-ca' }),
    want: /^SecretProtected .*is of type latchkey\.dev\/webhook-ca, which is never written/,
  },
  {
    name: 'a ServiceAccount token',
    existing: secretObject({}, { type: 'kubernetes.io/service-account-token' }),
    want: /^SecretProtected .*is of type kubernetes\.io\/service-account-token, which is never written/,
  },
  {
    name: 'a Helm release',
    existing: secretObject({}, { type: 'helm.sh/release.v1' }),
    want: /^SecretProtected/,
  },
  { name: 'making a bootstrap token', type: 'bootstrap.kubernetes.io/token', want: /^SecretProtected .*never made/ },
  {
    name: 'making a ServiceAccount token',
    type: 'kubernetes.io/service-account-token',
    want: /^SecretProtected spec\.target\.template\.type/,
  },
  {
    name: 'changing the type',
    existing: secretObject(),
    type: 'kubernetes.io/tls',
    want: /^SecretImmutable .*is of type Opaque, not kubernetes\.io\/tls → delete Secret app/,
  },
  {
    name: 'changing an immutable Secret',
    existing: secretObject({ user: 'old' }, { immutable: true }),
    want: /^SecretImmutable .*immutable and holds other data than Akeyless → delete Secret app; it is made anew/,
  },
]
for (const { name, existing, type, want: message } of refusals) {
  t.test(`refuses: ${name}`, async t => {
    t.match(refused(wanted({ user: 'u' }, type ? { type } : {}), existing), message)
  })
}

t.test('metadata of an immutable Secret with the same data may change', async t => {
  const secret = written(
    wanted({ user: 'u' }, { labels: { a: 'b' } }),
    secretObject({ user: 'u' }, { immutable: true }),
  )
  t.match(secret.metadata.labels, { a: 'b' })
  t.equal(secret.immutable, true)
})

t.test('a force-sync that no copied annotation shows is marked on the Secret', async t => {
  const object = externalSecret({ metadata: { annotations: { 'force-sync': '7' } } })
  const templated = want(object, sensitive({ user: 'u' }), shape)
  t.match(written(templated).metadata.annotations, { 'latchkey.dev/force-sync': '7' })
  const copied = want(object, sensitive({ user: 'u' }), { ...shape, annotations: { 'force-sync': '7' } })
  t.notOk('latchkey.dev/force-sync' in (written(copied).metadata.annotations ?? {}))
})

t.test('the digest tells whether a write is needed', async t => {
  t.ok(isCurrent(wanted(), digest()))
  t.notOk(isCurrent(wanted({ user: 'new' }), digest()), 'other data')
  t.notOk(isCurrent(wanted(), digest({ user: 'u' }, { dataHash: 'x' })), 'edited data')
  t.notOk(isCurrent(wanted({ user: 'u' }, { labels: { a: 'b' } }), digest()), 'a label is missing')
  t.notOk(isCurrent(wanted(), digest({ user: 'u' }, { ownerReferences: [] })), 'no owner')
  t.notOk(isCurrent(wanted({ user: 'u' }, { type: 'kubernetes.io/tls' }), digest()), 'another type')
})

t.test('nothing that is drafted prints a value when it is refused', async t => {
  const text = refused(wanted({ user: 'hunter2' }), secretObject({ user: 'swordfish' }, { immutable: true }))
  t.notMatch(text, /hunter2|swordfish|aHVudGVyMg|c3dvcmRmaXNo/)
})

const byPolicy = (creationPolicy: string, more: Record<string, unknown> = {}) =>
  externalSecret({ spec: { target: { creationPolicy, ...more } } })
const drafted = (creationPolicy: string, existing?: SecretObject, texts: Record<string, string> = { user: 'u' }) =>
  draft(want(byPolicy(creationPolicy), sensitive(texts), shape), existing)
const createdBy = 'reconcile.external-secrets.io/created-by'

/** A Secret of which we wrote `user` and `old`, and a person `own`. */
const shared = (more: Record<string, unknown> = {}): SecretObject => {
  const [entry] = managedFields([], [])
  const fieldsV1 = { ...(entry?.fieldsV1 as object), 'f:data': { '.': {}, 'f:user': {}, 'f:old': {} } } // of managedFields()
  const theirs = { manager: 'kubectl', fieldsV1: { 'f:data': { '.': {}, 'f:own': {} } } }
  const { metadata, ...rest } = more
  return secretObject(
    { user: 'u', old: 'o', own: 'theirs' },
    {
      metadata: { ownerReferences: [], managedFields: [{ ...entry, fieldsV1 }, theirs], ...(metadata as object) },
      ...rest,
    },
  )
}

t.test('what each creationPolicy makes where there is nothing', async t => {
  for (const policy of ['Owner', 'Orphan', 'CreateOrMerge']) {
    const next = drafted(policy)
    if (next.do !== 'create') throw new Error(`drafted ${next.do}`)
    t.same(next.secret.metadata.ownerReferences, policy === 'Owner' ? [owner] : undefined, policy)
    t.equal(createdBy in (next.secret.metadata.labels ?? {}), policy === 'Owner', policy)
  }
  t.same(drafted('Merge'), { do: 'leave' })
})

t.test('a policy that shares keeps the keys of others and takes back its own', async t => {
  for (const policy of ['Merge', 'CreateOrMerge']) {
    const next = drafted(policy, shared())
    if (next.do !== 'replace') throw new Error(`drafted ${next.do}`)
    t.same(next.secret.data, base64({ user: 'u', own: 'theirs' }), policy)
    t.same([next.drops, next.of], [['old'], 2], 'of the three keys two are ours')
  }
  for (const policy of ['Owner', 'Orphan']) {
    const next = drafted(policy, shared())
    if (next.do !== 'replace') throw new Error(`drafted ${next.do}`)
    t.same(next.secret.data, base64({ user: 'u' }), policy)
    t.same([next.drops, next.of], [['old', 'own'], 3], 'all are held to be ours')
  }
})

t.test('nothing of ours left: the keys of others stay, and the hash is that of what is there', async t => {
  const secret = written(want(byPolicy('Merge'), sensitive({}), shape), shared())
  t.same(secret.data, base64({ own: 'theirs' }))
  t.equal(secret.metadata.annotations?.['reconcile.external-secrets.io/data-hash'], digest({ own: 'theirs' }).dataHash)
})

t.test('whoever stops to own takes owner and mark away, whoever wrote the mark down', async t => {
  for (const policy of ['Orphan', 'Merge', 'CreateOrMerge']) {
    const { labels, annotations } = digest({ user: 'u' })
    const existing = secretObject({ user: 'u' }, { metadata: { labels, annotations, managedFields: [] } })
    const { metadata } = written(want(byPolicy(policy), sensitive({ user: 'u' }), shape), existing)
    t.same(metadata.ownerReferences, [], policy)
    t.notOk(createdBy in (metadata.labels ?? {}), policy)
  }
})

t.test('another one’s mark of ownership stays where we own nothing', async t => {
  const labels = { [createdBy]: 'of-somebody-else' }
  const existing = shared({ metadata: { ownerReferences: [], labels, managedFields: [] } })
  const { metadata } = written(want(byPolicy('Merge'), sensitive({ user: 'n' }), shape), existing)
  t.equal(metadata.labels?.[createdBy], 'of-somebody-else')
})

const ofController = (kind: string, apiVersion: string) =>
  shared({ metadata: { ownerReferences: controller(kind, 'other', apiVersion) } })
const sharing: { name: string; existing: SecretObject; policy: string; type?: string; want: RegExp | string }[] = [
  {
    name: 'merging with what another kind of object controls is fine',
    existing: ofController('Certificate', 'cert-manager.io/v1'),
    policy: 'Merge',
    want: 'replace',
  },
  {
    name: 'Orphan would wipe it',
    existing: ofController('Certificate', 'cert-manager.io/v1'),
    policy: 'Orphan',
    want: /^SecretOwned .*belongs to Certificate other/,
  },
  {
    name: 'another ExternalSecret’s takes no keys',
    existing: ofController('ExternalSecret', 'external-secrets.io/v1'),
    policy: 'CreateOrMerge',
    want: /^SecretOwned .*belongs to ExternalSecret other/,
  },
  {
    name: 'an immutable one takes no keys, and deleting it would take those of others away',
    existing: shared({ immutable: true }),
    policy: 'CreateOrMerge',
    want: /^SecretImmutable .*is immutable and takes no keys → choose another name, or replace it by a mutable one$/,
  },
  {
    name: 'a Secret of another type that nobody would make anew',
    existing: shared(),
    policy: 'Merge',
    type: 'kubernetes.io/tls',
    want: /^SecretImmutable .*is of type Opaque, not kubernetes\.io\/tls → choose another name$/,
  },
  {
    name: 'a ServiceAccount token takes no keys',
    existing: shared({ type: 'kubernetes.io/service-account-token' }),
    policy: 'Merge',
    want: /^SecretProtected/,
  },
]
for (const { name, existing, policy, type, want: wantedText } of sharing) {
  t.test(name, async t => {
    const next = want(byPolicy(policy), sensitive({ user: 'n' }), { ...shape, ...(type ? { type } : {}) })
    t.match(refused(next, existing), wantedText)
  })
}

t.test('immutable: an existing Secret is frozen with the values of now, and stays so', async t => {
  const frozen = want(byPolicy('Owner', { immutable: true }), sensitive({ user: 'new' }), shape)
  const secret = written(frozen, secretObject({ user: 'old' }))
  t.same([secret.data, secret.immutable], [base64({ user: 'new' }), true])
  t.same(draft(wanted(), secretObject({ user: 'u' }, { immutable: true })), { do: 'keep' }, 'nobody can take it back')
})

t.test('of a shared Secret the digest alone does not tell whether a write is needed', async t => {
  const bare = digest(
    { user: 'u' },
    { ownerReferences: [], labels: { 'reconcile.external-secrets.io/managed': 'true' } },
  )
  t.notOk(isCurrent(want(byPolicy('Merge'), sensitive({ user: 'u' }), shape), bare))
  t.ok(isCurrent(want(byPolicy('Orphan'), sensitive({ user: 'u' }), shape), bare))
  t.notOk(isCurrent(want(byPolicy('Orphan'), sensitive({ user: 'u' }), shape), digest()), 'it has an owner still')
})
