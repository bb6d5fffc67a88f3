// ClusterExternalSecret and ClusterPushSecret on a real API server: where children are made, what they look like, and what happens to
// them afterwards.
import t from 'tap'
import { request, until } from '../support/cluster.ts'
import { create, externalSecret, get, type Json, patch, readyOf, remove, settled } from '../support/objects.ts'
import {
  childrenIn,
  childrenNamed,
  externalSecretSpec,
  type FanKind,
  gone,
  labelKey,
  looks,
  namespacePath,
  pathOf,
  provisioned,
  saying,
  setUp,
} from './fan.ts'
import { install } from './twin.ts'

await install()
const ground = await setUp(t)
const { mark, audit, make, space } = ground
const latchkey = await ground.start()
const [a, b] = [await space('a'), await space('b')]
const kinds: readonly FanKind[] = ['ClusterExternalSecret', 'ClusterPushSecret']
const metadataField = { ClusterExternalSecret: 'externalSecretMetadata', ClusterPushSecret: 'pushSecretMetadata' }
const nameField = { ClusterExternalSecret: 'externalSecretName', ClusterPushSecret: 'pushSecretName' }

for (const kind of kinds) {
  t.test(`${kind}: children with metadata and an owner, a status that tells where, and then no write`, async t => {
    const madeMetadata = { labels: { made: 'yes' }, annotations: { note: 'of all' } }
    const annotations = { 'force-sync': '1' }
    const spec = { [metadataField[kind]]: madeMetadata, refreshTime: '1s' }
    audit.forget()
    const maker = await make(kind, 'made', spec, { annotations })
    const { status } = await provisioned(t, maker, [a, b])
    t.match(status, { [nameField[kind]]: maker.metadata.name, conditions: [{ type: 'Ready', status: 'True' }] })
    t.notOk('failedNamespaces' in status)
    const child = await get(`${childrenIn(kind, a)}/${maker.metadata.name}`)
    t.match(child.metadata, {
      labels: { made: 'yes' },
      annotations: { note: 'of all', 'force-sync': '1' },
      ownerReferences: [{ kind, name: maker.metadata.name, uid: maker.metadata.uid, controller: true }],
    })
    t.same(child.spec, maker.spec[kind === 'ClusterExternalSecret' ? 'externalSecretSpec' : 'pushSecretSpec'])
    const about = () => audit.writes().filter(line => line.includes(maker.metadata.name) || line.startsWith('POST'))
    t.same(about().toSorted(), [
      `PATCH ${pathOf(maker)}/status`,
      `POST ${childrenIn(kind, a)}`,
      `POST ${childrenIn(kind, b)}`,
    ])

    audit.forget()
    const before = looks(latchkey, maker)
    await until(t, 'three more looks', () => (looks(latchkey, maker) >= before + 3 ? true : undefined))
    t.same(about(), [], 'a look at what is in order writes nothing')

    await patch(pathOf(maker), { metadata: { annotations: { 'force-sync': '2' } } })
    await settled(
      t,
      `${childrenIn(kind, b)}/${maker.metadata.name}`,
      ({ metadata }) => metadata.annotations['force-sync'] === '2',
    )
  })

  t.test(`${kind}: a label of a namespace acts within a second, and so does its loss`, async t => {
    const maker = await make(kind, 'labelled')
    await provisioned(t, maker, [a, b])
    const late = await space(`late-${kind.toLowerCase()}`, { labels: {} })
    const path = `${childrenIn(kind, late)}/${maker.metadata.name}`
    const took: Record<'on' | 'off', number[]> = { on: [], off: [] }
    for (let round = 0; round < 3; round += 1) {
      let begun = performance.now()
      await patch(namespacePath(late), { metadata: { labels: { [labelKey]: mark } } })
      await settled(t, path, () => true)
      took.on.push(performance.now() - begun)
      await provisioned(t, maker, [a, b, late])
      begun = performance.now()
      await patch(namespacePath(late), { metadata: { labels: { [labelKey]: null } } })
      await gone(t, path)
      took.off.push(performance.now() - begun)
      await provisioned(t, maker, [a, b])
    }
    // of several, since the machine may have been at something else
    t.ok(Math.min(...took.on) < 1_000 && Math.min(...took.off) < 1_000, JSON.stringify(took))
  })

  t.test(`${kind}: renamed children, edits by hand and deletions`, async t => {
    const maker = await make(kind, 'edited')
    const { name } = maker.metadata
    await provisioned(t, maker, [a, b])
    const path = `${childrenIn(kind, a)}/${name}`
    const made = await get(path)
    await patch(path, { metadata: { labels: { by: 'hand' } }, spec: { refreshInterval: '7m' } })
    const mended = await settled(
      t,
      path,
      ({ spec, metadata }) => spec.refreshInterval === '1h0m0s' && !metadata.labels?.by,
    )
    t.equal(mended.metadata.uid, made.metadata.uid, 'put back in place')
    t.same(mended.spec, made.spec)

    await remove(path)
    const anew = await settled(t, path, ({ metadata }) => metadata.uid !== made.metadata.uid)
    t.same(anew.spec, made.spec)

    await patch(pathOf(maker), { spec: { [nameField[kind]]: `${name}-new` } })
    await settled(t, pathOf(maker), ({ status }) => status[nameField[kind]] === `${name}-new`)
    t.same((await childrenNamed(kind, `${name}-new`)).map(({ metadata }) => metadata.namespace).toSorted(), [a, b])
    t.same(await childrenNamed(kind, name), [], 'none is left of the former name')
  })

  t.test(`${kind}: when it is deleted, Kubernetes collects its children, and nothing makes them anew`, async t => {
    const maker = await make(kind, 'deleted')
    await provisioned(t, maker, [a, b])
    audit.forget()
    await remove(pathOf(maker))
    await until(
      t,
      'no child left',
      async () => ((await childrenNamed(kind, maker.metadata.name)).length === 0 ? true : undefined),
      30_000,
    )
    t.same(
      audit.writes().filter(line => line.includes(maker.metadata.name) || line.startsWith('POST')),
      [],
    )
  })
}

t.test('the deprecated ways to select namespaces are ORed with the new one', async t => {
  const other = await space('other', { labels: { [labelKey]: `${mark}-other` } })
  const listed = await space('listed', { labels: {} })
  const maker = await make('ClusterExternalSecret', 'selects', {
    namespaceSelectors: [{ matchExpressions: [{ key: labelKey, operator: 'In', values: [mark] }] }],
    namespaceSelector: { matchLabels: { [labelKey]: `${mark}-other` } },
    namespaces: [listed, `${mark}-nowhere`],
  })
  await provisioned(t, maker, [a, b, other, listed])
})

t.test('an object of that name that is somebody else’s is left alone, told, and heard when it goes', async t => {
  const name = `${mark}-taken`
  const path = `${childrenIn('ClusterExternalSecret', a)}/${name}`
  const foreign = await create(childrenIn('ClusterExternalSecret', a), externalSecret(name, externalSecretSpec))
  const maker = await make('ClusterExternalSecret', 'taken')
  const { status } = await provisioned(t, maker, [b])
  t.match(status.failedNamespaces, [
    { namespace: a, reason: /^external secret already exists in namespace: "[^"]+" → / },
  ])
  t.match(readyOf({ status }), { status: 'False', message: /^one or more namespaces failed: .*already exists/ })
  t.equal((await get(path)).metadata.resourceVersion, foreign.metadata.resourceVersion)
  await remove(path)
  const after = await provisioned(t, maker, [a, b])
  t.same([readyOf(after).status, after.status.failedNamespaces], ['True', undefined])
})

t.test('a namespace that others refuse it in fails by their words, and the others do not wait for it', async t => {
  const policies = '/apis/admissionregistration.k8s.io/v1'
  const name = `${mark}-refused`
  const refused = await space('refused', { labels: { [labelKey]: mark, refuses: mark } })
  t.teardown(async () => {
    await request('DELETE', `${policies}/validatingadmissionpolicybindings/${name}`)
    await request('DELETE', `${policies}/validatingadmissionpolicies/${name}`)
    await request('DELETE', namespacePath(refused))
  })
  await create(`${policies}/validatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['external-secrets.io'],
            apiVersions: ['*'],
            operations: ['CREATE'],
            resources: ['externalsecrets'],
          },
        ],
      },
      validations: [{ expression: 'false', message: 'team blue takes no secrets' }],
    },
  })
  await create(`${policies}/validatingadmissionpolicybindings`, {
    metadata: { name },
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { refuses: mark } } },
    },
  })
  await until(t, 'the policy to act', async () => {
    const probe = externalSecret('probe', externalSecretSpec)
    const { status } = await request('POST', `${childrenIn('ClusterExternalSecret', refused)}?dryRun=All`, probe)
    return status === 422 || status === 403 ? true : undefined
  })
  const maker = await make('ClusterExternalSecret', 'refused')
  const { status } = await provisioned(t, maker, [a, b])
  t.match(status.failedNamespaces, [{ namespace: refused, reason: /cannot create .*: team blue takes no secrets/ }])
  await remove(`${policies}/validatingadmissionpolicybindings/${name}`)
  await provisioned(t, maker, [a, b, refused], 30_000)
})

t.test('a manifest that the rules deny is made nowhere, and the status says why', async t => {
  const maker = await make('ClusterExternalSecret', 'denied', {
    externalSecretSpec: { ...externalSecretSpec, refreshInterval: '5 minutes' },
  })
  const { status } = await saying(t, maker, /spec\.externalSecretSpec\.refreshInterval: .*write 5m/)
  t.notOk(status.provisionedNamespaces)
  t.same(await childrenNamed('ClusterExternalSecret', maker.metadata.name), [])
  await patch(pathOf(maker), { spec: { externalSecretSpec: { refreshInterval: '5m' } } })
  await provisioned(t, maker, [a, b])
})

t.test('an object without the class of this process is left to whoever else serves it', async t => {
  const annotations = { 'latchkey.dev/controller-class': null }
  const maker = await make('ClusterExternalSecret', 'not-ours', {}, { annotations })
  const mine = await make('ClusterExternalSecret', 'ours')
  await provisioned(t, mine, [a, b])
  await until(t, 'a look at it', () =>
    latchkey.lines().some(({ msg, name }) => msg === 'left alone' && name === maker.metadata.name) ? true : undefined,
  )
  t.equal((await get(pathOf(maker))).status, undefined)
  t.same(await childrenNamed('ClusterExternalSecret', maker.metadata.name), [])
})

t.test('what ESO holds is freed: namespaces selected or not, on their way out, and the object itself', async t => {
  const name = `${mark}-held`
  const finalizers = [`externalsecrets.external-secrets.io/ces-${name}`]
  const cluster = 'externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'
  const selected = await space('selected', { finalizers, labels: { held: mark } })
  const deselected = await space('deselected', { finalizers, labels: {} })
  const going = await space('going', { finalizers, labels: {} })
  await remove(namespacePath(going))
  const namespaceSelectors = [{ matchLabels: { held: mark } }]
  const maker = await make('ClusterExternalSecret', 'held', { namespaceSelectors }, { finalizers: [cluster] })
  await provisioned(t, maker, [selected])
  for (const namespace of [selected, deselected])
    await settled(t, namespacePath(namespace), ({ metadata }) => metadata.finalizers === undefined)
  await gone(t, namespacePath(going), 30_000)
  t.same((await get(pathOf(maker))).metadata.finalizers, [cluster], 'ESO may come back until it is deleted')

  await patch(namespacePath(deselected), { metadata: { finalizers } })
  await settled(t, namespacePath(deselected), ({ metadata }) => metadata.finalizers === undefined)
  await patch(namespacePath(deselected), { metadata: { finalizers } })
  await remove(pathOf(maker))
  await gone(t, pathOf(maker))
  await settled(t, namespacePath(deselected), ({ metadata }) => metadata.finalizers === undefined)
})

t.test('while a webhook does not answer there is no storm, and afterwards everything is made', async t => {
  const configurations = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  const name = `${mark}-away`
  const spaces = await Promise.all(
    Array.from({ length: 30 }, (_, index) => space(`away-${index}`, { labels: { away: mark } })),
  )
  const rule = {
    apiGroups: ['external-secrets.io'],
    apiVersions: ['*'],
    operations: ['CREATE'],
    resources: ['pushsecrets'],
  }
  await create(configurations, {
    metadata: { name },
    webhooks: [
      {
        name: 'away.latchkey.dev',
        clientConfig: { url: 'https://127.0.0.1:1/validate' },
        rules: [rule],
        namespaceSelector: { matchLabels: { away: mark } },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  })
  t.teardown(() => request('DELETE', `${configurations}/${name}`))
  await until(t, 'the API server to ask the webhook', async () => {
    const probe = { metadata: { name: 'probe' }, spec: { secretStoreRefs: [], selector: { secret: { name: 's' } } } }
    const path = `${childrenIn('ClusterPushSecret', spaces[0] ?? '')}?dryRun=All`
    const { status } = await request('POST', path, {
      apiVersion: 'external-secrets.io/v1alpha1',
      kind: 'PushSecret',
      ...probe,
    })
    return status === 500 ? true : undefined
  })
  const isPost = (line: string) => line.startsWith(`POST /apis/external-secrets.io/v1alpha1/namespaces/${mark}-away`)
  audit.forget()
  const maker = await make('ClusterPushSecret', 'away', { namespaceSelectors: [{ matchLabels: { away: mark } }] })
  const { status } = await saying(t, maker, /failed calling webhook "away\.latchkey\.dev"/)
  t.equal(status.failedNamespaces.length, 30)
  // the next pass may have begun: what came before the first status is of the first one
  const told = `PATCH ${pathOf(maker)}/status`
  await until(t, 'the status in the audit', () => audit.writes().includes(told) || undefined)
  const first = audit.writes().slice(0, audit.writes().indexOf(told)).filter(isPost)
  // five answers, and what was under way beside them
  t.ok(first.length >= 5 && first.length <= 13, `${first.length} tries in the first pass for 30 namespaces`)
  await remove(`${configurations}/${name}`)
  await provisioned(t, maker, spaces, 30_000)
})

t.test('a namespace that goes is neither provisioned nor failed, and takes its children along', async t => {
  const doomed = await space('doomed')
  const maker = await make('ClusterExternalSecret', 'doomed')
  await provisioned(t, maker, [a, b, doomed])
  await remove(namespacePath(doomed))
  const { status } = await provisioned(t, maker, [a, b])
  t.notOk(status.failedNamespaces)
  await gone(t, namespacePath(doomed), 30_000)
  t.same(
    (await childrenNamed('ClusterExternalSecret', maker.metadata.name)).map(({ metadata }: Json) => metadata.namespace),
    [a, b],
  )
})
