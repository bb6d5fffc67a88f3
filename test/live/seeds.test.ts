// The manifests of both guides, as a reader would apply them. They have fixed namespaces, cluster-scoped stores and no controller
// class, so they get a control plane of their own: on the shared one this process would take over every other test's objects.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments, stringify } from 'yaml'
import { readSeed } from '#devgateway'
import { assets, freePort, startControlPlane } from '../../dev/controlplane/index.ts'
import { kubectl as kubectlOf, must } from '../../dev/kubectl.ts'
import { startLatchkey } from '../../dev/latchkey.ts'
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

// the items and identities of npm start: they carry the paths that the guides use
const gateway = await startTlsGateway(t, readSeed(readFileSync(join(root, 'dev/seeds/items.yaml'), 'utf8')))
const login = {
  accessId: 'p-devdevdevdab',
  accessType: 'api_key',
  accessTypeParam: 'dev-access-key-not-a-secret',
}

const state = mkdtempSync(join(tmpdir(), 'latchkey-seeds-'))
t.teardown(() => rmSync(state, { recursive: true, force: true }))
const { dir } = await assets({ env: process.env, onProgress: () => {} })
const plane = await startControlPlane({ binaries: dir, state: join(state, 'controlplane'), onProgress: () => {} })
t.teardown(() => plane.stop())
const kubectl = kubectlOf(plane.kubectl, plane.kubeconfig)

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
    ],
    extraCa: gateway.caFile,
    logFile: join(state, 'latchkey.log'),
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
const keepWithEso = 'use an API key with access type api_key, or keep this store with ESO'
const auth = 'spec.provider.akeyless.authSecretRef'

const noKubernetesAuth = `Warning: ${auth}.kubernetesAuth: is not supported by this version, and the store will not be ready → use secretRef with an API key, or keep this store with ESO [kubernetes-auth]`

/** What kubectl says beside its results. A store that was made a moment ago may not have been seen yet, which is no promise of the guides. */
const warnings = (stderr: string): readonly string[] =>
  stderr.split('\n').filter(line => line !== '' && !line.endsWith('[store-exists]'))

t.test('both guides apply as they are; the login that this version lacks is all that is said', async t => {
  for (const [file, words] of [
    [product, [noKubernetesAuth]],
    [setup, []],
  ] as const) {
    const said = await kubectl(['apply', '-f', file])
    t.same([said.code, warnings(said.stderr)], [0, words], file)
    t.equal(said.stdout.trim().split('\n').length, manifests(file).length)
  }
})

t.test('with the placeholders of the guides the stores say that the login is refused', async t => {
  t.equal(await messageOf('secretstore', 'akeyless-demo', 'akeyless-secret-store'), refused)
  t.equal(await messageOf('clustersecretstore', '', 'akeyless-cluster-secret-store'), refused)
  t.equal(
    await messageOf('clustersecretstore', '', 'akeyless-cluster-store'),
    `${auth}: Secret external-secrets/akeyless-secret-creds does not exist → create it`,
  )
  t.equal(
    await messageOf('externalsecret', 'my-app-namespace', 'database-credentials'),
    'spec.secretStoreRef: SecretStore "akeyless-secret-store" is not ready → read the status of the store',
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

t.test('ways to log in that this version does not have are told plainly', async t => {
  t.equal(
    await messageOf('secretstore', 'akeyless-demo', 'akeyless-k8s-secret-store'),
    `${auth}.kubernetesAuth: access type k8s is not supported by this version → ${keepWithEso}`,
  )
  t.equal(
    await messageOf('secretstore', 'app-test', 'akeyless-store'),
    `${auth}.secretRef.accessType: access type azure_ad is not supported by this version → ${keepWithEso}`,
  )
  t.equal(
    await messageOf('externalsecret', 'app-test', 'app-api-secret'),
    'spec.secretStoreRef: SecretStore "akeyless-store" is not ready → read the status of the store',
  )
  // the guide shows this Secret without a store of its own
  const store = structuredClone(manifests(product).find(({ metadata }) => metadata.name === 'akeyless-secret-store'))
  store.metadata.name = 'k8s-by-secret'
  for (const selector of Object.values<Json>(store.spec.provider.akeyless.authSecretRef.secretRef))
    selector.name = 'akeyless-k8s-creds'
  await must(kubectl(['apply', '-f', '-'], stringify(store)))
  t.equal(
    await messageOf('secretstore', 'akeyless-demo', 'k8s-by-secret'),
    `${auth}.secretRef.accessType: access type k8s is not supported by this version → ${keepWithEso}`,
  )
  const events = JSON.parse(await must(kubectl(['get', 'events', '-A', '-o', 'json']))).items
  const reasons = events
    .filter((event: Json) => event.involvedObject.name === 'akeyless-store')
    .map(({ reason }: Json) => reason)
  t.same(reasons, ['NotSupported'])
})

const accounts = async () => {
  const { spec } = await get('secretstore', 'app-test', 'akeyless-store')
  const { serviceAccountRef, authSecretRef } = spec.provider.akeyless
  return { beside: serviceAccountRef, within: authSecretRef.serviceAccountRef }
}

t.test('a serviceAccountRef beside authSecretRef is moved into it, at each apply', async t => {
  t.same(await accounts(), { beside: undefined, within: { name: 'app-test' } })
  const again = await kubectl(['apply', '-f', product])
  t.same([again.code, again.stderr], [0, ''], 'the second time no word either')
  t.same(await accounts(), { beside: undefined, within: { name: 'app-test' } })

  const store = structuredClone(manifests(product).find(({ metadata }) => metadata.name === 'akeyless-store'))
  store.spec.provider.akeyless.serviceAccountRef.name = 'renamed'
  const edited = await kubectl(['apply', '-f', '-'], stringify(store))
  t.same([edited.code, edited.stderr], [0, ''])
  t.same(await accounts(), { beside: undefined, within: { name: 'renamed' } }, 'what the manifest says now')
})
