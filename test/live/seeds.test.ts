// The manifests of both guides, as a reader would apply them. They have fixed namespaces, cluster-scoped stores and no controller
// class, so they get a control plane of their own: on the shared one this process would take over every other test's objects.
import { createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments, stringify } from 'yaml'
import { readSeed } from '#devgateway'
import { assets, freePort, startControlPlane } from '../../dev/controlplane/index.ts'
import { kubectl as kubectlOf, must } from '../../dev/kubectl.ts'
import { startLatchkey } from '../../dev/latchkey.ts'
import { reviewingCluster } from '../../dev/reviewer.ts'
import { startEntra } from '../support/cloud/azure.ts'
import { startCloudFront } from '../support/cloud/front.ts'
import { until } from '../support/cluster.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import { type Json, readyOf, textsOf } from '../support/objects.ts'

const root = join(import.meta.dirname, '../..')
const guide = (name: string) => join(import.meta.dirname, 'guides', `${name}.yaml`)
const [product, setup] = [guide('product'), guide('setup')]
const manifests = (file: string): readonly Json[] =>
  parseAllDocuments(readFileSync(file, 'utf8'))
    .map(document => document.toJS())
    .filter(Boolean)

const state = mkdtempSync(join(tmpdir(), 'latchkey-seeds-'))
t.teardown(() => rmSync(state, { recursive: true, force: true }))
const { dir } = await assets({ env: process.env, onProgress: () => {} })
const plane = await startControlPlane({ binaries: dir, state: join(state, 'controlplane'), onProgress: () => {} })
t.teardown(() => plane.stop())
const kubectl = kubectlOf(plane.kubectl, plane.kubeconfig)
const raw = async (path: string): Promise<Json> => JSON.parse(await must(kubectl(['get', '--raw', path])))

const ids = { apiKey: 'p-devdevdevdab', kubernetes: 'p-k8saccessidskb', azure: 'p-azureidazurezb' } as const
const login = { accessId: ids.apiKey, accessType: 'api_key', accessTypeParam: 'dev-access-key-not-a-secret' }
const tenant = '00000000-0000-0000-0000-00000000000a'
const client = '00000000-0000-0000-0000-00000000000c'

/** Entra, which trusts the ServiceAccount of the guide as its annotations say. */
const startAzure = async () => {
  const { issuer } = await raw('/.well-known/openid-configuration')
  const { keys } = await raw('/openid/v1/jwks')
  const publicKey = createPublicKey({ key: keys[0], format: 'jwk' })
  const federated = {
    issuer: { issuer, publicKey, token: () => '' },
    subject: 'system:serviceaccount:app-test:app-test',
  }
  const entra = await startEntra(t, { tenant, applications: new Map([[client, { federated }]]) })
  const jwk = entra.issuer.publicKey.export({ format: 'jwk' })
  return {
    front: await startCloudFront(t, { 'login.microsoftonline.com': entra.url }),
    trust: { issuer: entra.issuer.issuer, jwks: { keys: [{ ...jwk, kid: 'k1' }] } as never }, // the seed parses it
  }
}
const azure = await startAzure()

// the items and identities of npm start: they carry the paths that the guides use
const seed = readSeed(readFileSync(join(root, 'dev/seeds/items.yaml'), 'utf8'))
const rules = [{ path: '/*', allow: ['read' as const, 'list' as const] }]
const config = 'my-k8s-auth-config-name'
const gateway = await startTlsGateway(t, {
  ...seed,
  kubernetes: [await reviewingCluster(kubectl, plane, config)],
  identities: [
    ...seed.identities,
    {
      type: 'k8s',
      accessId: ids.kubernetes,
      config,
      namespaces: ['akeyless-demo'],
      serviceAccounts: ['akeyless-demo-sa'],
      rules,
    },
    { type: 'azure_ad', accessId: ids.azure, ...azure.trust, tenantIds: [tenant], clientIds: [client], rules },
  ],
})
const caFile = join(state, 'authorities.crt')
writeFileSync(caFile, `${readFileSync(gateway.caFile, 'utf8')}\n${azure.front.ca}`)

const webhookAt = `127.0.0.1:${await freePort()}`
const start = async () => {
  for (const path of ['deploy/namespace.yaml', 'deploy/crds'])
    await must(kubectl(['apply', '--server-side', '-f', join(root, path)]))
  for (const name of ['akeyless-demo', 'app-test', 'my-app-namespace', 'external-secrets'])
    await must(kubectl(['create', 'namespace', name]))
  const latchkey = startLatchkey({
    args: [
      ...['--kubeconfig', plane.kubeconfig, '--webhook-bind', webhookAt, '--webhook-url', `https://${webhookAt}`],
      ...['--health-bind', '127.0.0.1:0', '--metrics-bind', '127.0.0.1:0'],
      ...['--resolve', `api.akeyless.io:443=127.0.0.1:${gateway.port}`],
      // by default the placeholders are refused, as any wrong key: test/live/live-stores.test.ts
      ...['--live-checks-stores', 'warn'],
    ],
    extraCa: caFile,
    logFile: join(state, 'latchkey.log'),
    env: { HTTPS_PROXY: azure.front.proxy, NO_PROXY: 'api.akeyless.io' },
  })
  t.teardown(() => latchkey.stop())
  await latchkey.ready
}
await start()

const get = async (kind: string, namespace: string, name: string): Promise<Json> =>
  JSON.parse(await must(kubectl(['get', kind, name, '-n', namespace, '-o', 'json'])))
const settled = (kind: string, namespace: string, name: string, status: 'True' | 'False'): Promise<Json> =>
  until(t, `${kind} ${namespace}/${name} to be Ready=${status}`, async () => {
    const object = await get(kind, namespace, name)
    return readyOf(object)?.status === status ? object : undefined
  })
const messageOf = async (kind: string, namespace: string, name: string): Promise<string> =>
  readyOf(await settled(kind, namespace, name, 'False')).message

const refused =
  'spec.provider.akeyless.authSecretRef: gateway api.akeyless.io refuses the login → check key "accessId" of Secret akeyless-demo/akeyless-secret-creds and key "accessTypeParam" of Secret akeyless-demo/akeyless-secret-creds'
const auth = 'spec.provider.akeyless.authSecretRef'

const kubernetesWords = [
  `Warning: ${auth}.kubernetesAuth.secretRef: is not used: kubernetesAuth has a serviceAccountRef too → remove one of them [kubernetes-auth]`,
  'Warning: spec.provider.akeyless.akeylessGWApiURL: names the public API, which reviews no tokens of a cluster: kubernetesAuth is likely to be refused there → name your own Gateway [kubernetes-auth]',
  `Warning: ${auth}.kubernetesAuth.serviceAccountRef: names no audiences: the gateway gets a token that the API server takes too → write audiences, and bind the same ones in the auth method [token-audience]`,
]

const openWords =
  'Warning: spec.conditions: are missing: every namespace of the cluster may read with the identity of this store → list namespaces or a namespaceSelector; namespaceSelector: {} says that all are meant [store-open]'

const longLived = `Warning: ${auth}: logs in by an access key, which is good until somebody changes it → log in by an identity that proves itself, as kubernetesAuth or the cloud does [long-lived-key]`

/**
 * What kubectl says beside its results. A store that was made a moment ago may not have been seen yet, and what live checks say is about
 * placeholders: neither is a promise of the guides.
 */
const warnings = (stderr: string): readonly string[] =>
  stderr.split('\n').filter(line => line !== '' && !/\[(store-exists|not-checked|live-store|live-item)\]$/.test(line))

t.test(
  'both guides apply as they are; what will keep the Kubernetes login from working is all that is said',
  async t => {
    for (const [file, words] of [
      [product, [...kubernetesWords, openWords, longLived]],
      [setup, [openWords]],
    ] as const) {
      const said = await kubectl(['apply', '-f', file])
      t.same([said.code, warnings(said.stderr)], [0, words], file)
      t.equal(said.stdout.trim().split('\n').length, manifests(file).length)
    }
  },
)

t.test('the PushSecret of the guide is kept as it was written', async t => {
  const written = manifests(product).find(({ kind }) => kind === 'PushSecret')
  const { spec } = await get('pushsecret', 'akeyless-demo', 'push-secret')
  t.same(spec, { ...written.spec, data: [{ ...written.spec.data[0], conversionStrategy: 'None' }] })
})

t.test('with the placeholders of the guides the stores say that the login is refused', async t => {
  t.equal(await messageOf('secretstore', 'akeyless-demo', 'akeyless-secret-store'), refused)
  t.equal(await messageOf('clustersecretstore', '', 'akeyless-cluster-secret-store'), refused)
  t.equal(
    await messageOf('clustersecretstore', '', 'akeyless-cluster-store'),
    `${auth}: Secret external-secrets/akeyless-secret-creds does not exist → create it`,
  )
  t.match(
    await messageOf('externalsecret', 'my-app-namespace', 'database-credentials'),
    /^spec\.secretStoreRef: SecretStore "akeyless-secret-store" is not ready: .*refuses the login/,
  )
})

t.test('with credentials filled in, each Secret has exactly what the guide promises', async t => {
  const [secret] = manifests(setup)
  for (const namespace of ['akeyless-demo', 'my-app-namespace', 'external-secrets']) {
    const filled = { ...secret, metadata: { ...secret.metadata, namespace }, stringData: login }
    await must(kubectl(['apply', '-f', '-'], stringify(filled)))
  }
  const certificate: Json = gateway.value('/path/to/the/certificate-item')
  const promised = [
    {
      from: ['akeyless-demo', 'akeyless-external-secret', 'app-config-secret'],
      type: 'Opaque',
      data: { 'api-key': 'demo-api-key-0001', 'db-password': 'demo-db-password' },
    },
    {
      from: ['akeyless-demo', 'akeyless-external-secret-json', 'app-config-json'],
      type: 'Opaque',
      data: { username: 'demo', password: 's3cr3t' },
    },
    {
      from: ['akeyless-demo', 'akeyless-tls-secret', 'my-tls-secret'],
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': certificate.certificate_pem, 'tls.key': certificate.private_key_pem },
    },
    {
      from: ['my-app-namespace', 'database-credentials', 'database-credentials'],
      type: 'Opaque',
      data: { username: 'app', password: 'demo-second-password' },
    },
  ] as const
  for (const { from, type, data } of promised) {
    const [namespace, owner, name] = from
    const { status } = await settled('externalsecret', namespace, owner, 'True')
    t.match(status.conditions, [{ type: 'Ready', status: 'True', reason: 'SecretSynced' }], 'as the guide says')
    const secret = await get('secret', namespace, name)
    t.equal(secret.type, type)
    t.same(textsOf(secret), data, `${namespace}/${name}`)
  }
})

t.test('the ClusterSecretStores serve every namespace', async t => {
  const [, , example] = manifests(setup)
  for (const name of ['akeyless-cluster-secret-store', 'akeyless-cluster-store']) {
    const object = structuredClone(example)
    object.metadata = { name, namespace: 'app-test' }
    object.spec.secretStoreRef = { kind: 'ClusterSecretStore', name }
    object.spec.target.name = name
    const said = await kubectl(['apply', '-f', '-'], stringify(object))
    t.same([said.code, said.stderr], [0, ''])
    await settled('externalsecret', 'app-test', name, 'True')
    t.same(textsOf(await get('secret', 'app-test', name)), { username: 'app', password: 'demo-second-password' })
  }
})

t.test('a ClusterSecretStore that is missing is told at apply', async t => {
  const object = structuredClone(manifests(setup)[2])
  object.metadata.name = 'early'
  object.spec.secretStoreRef = { kind: 'ClusterSecretStore', name: 'absent' }
  object.spec.target.name = 'early'
  const said = await kubectl(['apply', '-f', '-'], stringify(object))
  t.same(
    [said.code, said.stderr],
    [
      0,
      'Warning: spec.secretStoreRef.name: ClusterSecretStore "absent" does not exist → create it, or correct the name or the kind [store-exists]\n',
    ],
  )
  t.equal(
    await messageOf('externalsecret', 'my-app-namespace', 'early'),
    'spec.secretStoreRef: ClusterSecretStore "absent" does not exist → create it, or name another store or kind',
  )
})

const storeOf = (name: string): Json =>
  structuredClone(manifests(product).find(({ metadata }) => metadata.name === name))
const applied = async (...objects: readonly Json[]) =>
  must(kubectl(['apply', '-f', '-'], objects.map(object => stringify(object)).join('---\n')))

t.test('the SecretStore with direct Kubernetes auth works once its ServiceAccount and access id are real', async t => {
  const name = 'akeyless-k8s-secret-store'
  t.equal(
    await messageOf('secretstore', 'akeyless-demo', name),
    `${auth}: ServiceAccount akeyless-demo/akeyless-demo-sa does not exist → create it`,
  )
  await must(kubectl(['create', 'serviceaccount', 'akeyless-demo-sa', '-n', 'akeyless-demo']))
  const store = storeOf(name)
  store.spec.provider.akeyless.authSecretRef.kubernetesAuth.accessID = ids.kubernetes
  await applied(store)
  const { status } = await settled('secretstore', 'akeyless-demo', name, 'True')
  t.match(status, { capabilities: 'ReadWrite', conditions: [{ reason: 'Valid', message: 'store validated' }] })
  const object = structuredClone(
    manifests(product).find(({ metadata }) => metadata.name === 'akeyless-external-secret'),
  )
  object.metadata.name = 'by-kubernetes'
  object.spec.secretStoreRef.name = name
  object.spec.target.name = 'by-kubernetes'
  await applied(object)
  await settled('externalsecret', 'akeyless-demo', 'by-kubernetes', 'True')
  t.same(textsOf(await get('secret', 'akeyless-demo', 'by-kubernetes')), {
    'api-key': 'demo-api-key-0001',
    'db-password': 'demo-db-password',
  })
})

t.test('the credentials Secret with access type k8s logs in as Latchkey itself, which takes a pod', async t => {
  // the guide shows this Secret without a store of its own
  const store = storeOf('akeyless-secret-store')
  store.metadata.name = 'k8s-by-secret'
  for (const selector of Object.values<Json>(store.spec.provider.akeyless.authSecretRef.secretRef))
    selector.name = 'akeyless-k8s-creds'
  await applied(store)
  t.equal(
    await messageOf('secretstore', 'akeyless-demo', 'k8s-by-secret'),
    `${auth}: this process has no ServiceAccount of its own → run it in a pod, or name a serviceAccountRef in the store; ${auth}: sends the gateway the token of Latchkey itself, which the API server takes too → name a serviceAccountRef with audiences, and bind the same ones in the auth method`,
  )
})

t.test('the SecretStore for Azure works once its ServiceAccount has a client id and a tenant', async t => {
  const [namespace, name] = ['app-test', 'akeyless-store']
  t.equal(
    await messageOf('secretstore', namespace, name),
    `${auth}.serviceAccountRef: ServiceAccount app-test/app-test does not exist → create it`,
  )
  t.match(
    await messageOf('externalsecret', namespace, 'app-api-secret'),
    /^spec\.secretStoreRef: SecretStore "akeyless-store" is not ready: .*ServiceAccount app-test\/app-test does not exist/,
  )
  const annotations = { 'azure.workload.identity/client-id': client, 'azure.workload.identity/tenant-id': tenant }
  // the account last: with it a login is tried at once
  await applied(
    {
      ...structuredClone(manifests(product).find(({ metadata }) => metadata.name === 'akeyless-azure-creds')),
      metadata: { name: 'akeyless-azure-creds', namespace },
      stringData: { accessId: ids.azure, accessType: 'azure_ad', accessTypeParam: '' },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app-test', namespace, annotations } },
  )
  await settled('secretstore', namespace, name, 'True')
  await settled('externalsecret', namespace, 'app-api-secret', 'True')
  t.same(textsOf(await get('secret', namespace, 'app-api-secret')), { 'api-key': 'demo-static-secret' })
  t.same(azure.front.asked, ['login.microsoftonline.com:443'])
})

const accounts = async () => {
  const { spec } = await get('secretstore', 'app-test', 'akeyless-store')
  const { serviceAccountRef, authSecretRef } = spec.provider.akeyless
  return { beside: serviceAccountRef, within: authSecretRef.serviceAccountRef }
}

t.test('the PushSecret pushes the Secret that the guide makes, and an ExternalSecret reads it back', async t => {
  const secret = ['create', 'secret', 'generic', '--from-literal=cache-pass=mypassword', 'k8s-created-secret']
  await must(kubectl([...secret, '-n', 'akeyless-demo']))
  const { status } = await settled('pushsecret', 'akeyless-demo', 'push-secret', 'True')
  t.equal(status.conditions[0].reason, 'Synced')
  t.equal(gateway.value('/eso-created/my-secret'), '{"cache-pass":"mypassword"}')
})

t.test('a serviceAccountRef beside authSecretRef is moved into it, at each apply', async t => {
  t.same(await accounts(), { beside: undefined, within: { name: 'app-test' } })
  const again = await kubectl(['apply', '-f', product])
  t.same([again.code, warnings(again.stderr)], [0, kubernetesWords], 'the second time no other word')
  t.same(await accounts(), { beside: undefined, within: { name: 'app-test' } })

  const store = structuredClone(manifests(product).find(({ metadata }) => metadata.name === 'akeyless-store'))
  store.spec.provider.akeyless.serviceAccountRef.name = 'renamed'
  const edited = await kubectl(['apply', '-f', '-'], stringify(store))
  t.same([edited.code, warnings(edited.stderr)], [0, []])
  t.same(await accounts(), { beside: undefined, within: { name: 'renamed' } }, 'what the manifest says now')
})
