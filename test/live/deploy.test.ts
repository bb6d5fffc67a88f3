import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { AdmissionReview, answer } from '#api'
import { issueCa, issueLeaf, randomSources } from '#certs'
import { manifestFiles } from '../../deploy/manifests.ts'
import { names } from '../../deploy/names.ts'
import { webhookConfigurations } from '../../deploy/webhooks.ts'
import { podTemplate } from '../../deploy/workload.ts'
import { kubectl, namespace as namespaceFor, request } from '../support/cluster.ts'
import { install, installTwin, must } from './twin.ts'

const deploy = join(import.meta.dirname, '../../deploy')
const namespace = await namespaceFor(t)

// other test files install the same objects at the same time
const apply = ['apply', '--server-side', '--force-conflicts', '--field-manager=test-deploy']

t.before(async () => {
  await install()
  await must([...apply, '-f', join(deploy, 'namespace.yaml')])
})

t.test('every file of deploy/ is accepted by the API server', async t => {
  for (const { path, objects } of manifestFiles) {
    if (path === 'kustomization.yaml') continue
    // a webhook that nobody serves would refuse the objects of every other test: judged by the API server, not stored
    const dry = path === 'webhook.yaml' ? ['--dry-run=server'] : []
    const said = await must([...apply, ...dry, '-f', join(deploy, path), '-o', 'name'])
    t.equal(said.trim().split('\n').length, objects.length, path)
  }
})

t.test('kubectl apply -k installs the same objects in one go', async t => {
  const said = await must([...apply, '--dry-run=server', '-k', deploy, '-o', 'name'])
  const count = manifestFiles
    .filter(({ path }) => path !== 'kustomization.yaml')
    .flatMap(({ objects }) => objects).length
  t.equal(said.trim().split('\n').length, count)
})

const pod = (spec: object) =>
  stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace: names.namespace, labels: podTemplate.metadata.labels },
    spec,
  })

t.test('the namespace admits the Pod of the Deployment, and no Pod with more rights', async t => {
  const create = ['create', '--dry-run=server', '-f', '-']
  const good = await kubectl(create, { input: pod(podTemplate.spec) })
  t.equal(good.code, 0, good.stderr)
  t.notMatch(good.stderr, 'Warning')
  const { securityContext: _, ...loose } = podTemplate.spec
  const bad = await kubectl(create, { input: pod({ ...loose, hostNetwork: true }) })
  t.not(bad.code, 0)
  t.match(bad.stderr, /violates PodSecurity "restricted/)
})

const may = [
  { verb: 'list', what: 'secrets', where: 'default', answer: 'yes' },
  { verb: 'patch', what: 'externalsecrets/status', where: 'default', answer: 'yes' },
  { verb: 'patch', what: 'externalsecrets', where: 'default', answer: 'yes' },
  { verb: 'patch', what: 'secretstores', where: 'default', answer: 'yes' },
  { verb: 'watch', what: 'pushsecrets', where: 'default', answer: 'yes' },
  { verb: 'patch', what: 'pushsecrets', where: 'default', answer: 'yes' },
  { verb: 'patch', what: 'pushsecrets/status', where: 'default', answer: 'yes' },
  { verb: 'patch', what: 'secrets', where: 'default', answer: 'no' },
  { verb: 'create', what: 'events', where: 'default', answer: 'yes' },
  { verb: 'create', what: 'externalsecrets', where: 'default', answer: 'yes' },
  { verb: 'delete', what: 'pushsecrets', where: 'default', answer: 'yes' },
  { verb: 'deletecollection', what: 'externalsecrets', where: 'default', answer: 'no' },
  { verb: 'create', what: 'secretstores', where: 'default', answer: 'no' },
  { verb: 'patch', what: 'clusterexternalsecrets', where: '', answer: 'yes' },
  { verb: 'patch', what: 'clusterpushsecrets', where: '', answer: 'no' },
  { verb: 'update', what: 'clusterexternalsecrets', where: '', answer: 'no' },
  { verb: 'patch', what: 'clusterpushsecrets/status', where: '', answer: 'yes' },
  { verb: 'patch', what: 'namespaces', where: '', answer: 'no' },
  { verb: 'list', what: 'configmaps', where: 'default', answer: 'yes' },
  { verb: 'update', what: 'configmaps', where: 'default', answer: 'no' },
  { verb: 'get', what: 'pods', where: names.namespace, answer: 'no' },
  { verb: 'create', what: 'serviceaccounts/token', where: names.namespace, answer: 'no' },
  { verb: 'create', what: 'leases', where: names.namespace, answer: 'yes' },
  { verb: 'create', what: 'leases', where: 'default', answer: 'no' },
  { verb: 'update', what: `leases/${names.lease}`, where: names.namespace, answer: 'yes' },
  { verb: 'update', what: 'leases/another', where: names.namespace, answer: 'no' },
  { verb: 'patch', what: `validatingwebhookconfigurations/${names.webhooks}`, where: '', answer: 'yes' },
  { verb: 'patch', what: 'validatingwebhookconfigurations/another', where: '', answer: 'no' },
  { verb: 'create', what: 'mutatingwebhookconfigurations', where: '', answer: 'no' },
  { verb: 'update', what: 'clusterroles', where: '', answer: 'no' },
]
t.test('the ServiceAccount may do what the table says and nothing beside', async t => {
  const account = `--as=system:serviceaccount:${names.namespace}:${names.serviceAccount}`
  for (const { verb, what, where, answer: wanted } of may) {
    const [resource = '', rest] = what.split('/')
    const asked = rest === 'status' || rest === 'token' ? [resource, `--subresource=${rest}`] : [what]
    const { stdout } = await kubectl(['auth', 'can-i', verb, ...asked, account, ...(where === '' ? [] : ['-n', where])])
    t.equal(stdout.trim(), wanted, `${verb} ${what} ${where}`)
  }
})

/** A webhook that lets everything pass and remembers what it was asked about, as `operation kind/name path`. */
const listen = async () => {
  const now = new Date()
  const ca = await issueCa({ sources: randomSources(), now })
  const leaf = await issueLeaf({ ca, sources: randomSources(), now, names: { dns: ['localhost'], ip: ['127.0.0.1'] } })
  const asked: string[] = []
  const server = createServer({ cert: leaf.cert, key: leaf.key.reveal() }, async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const { request: review } = AdmissionReview.parse(JSON.parse(Buffer.concat(parts).toString()))
    asked.push(
      `${review.operation} ${review.kind.version}/${review.name} ${new URL(request.url ?? '', 'https://h').pathname}`,
    )
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(answer({ uid: review.uid, allowed: true })))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', () => done()))
  const { port } = server.address() as AddressInfo
  return {
    asked,
    url: `https://127.0.0.1:${port}`,
    caBundle: Buffer.from(ca.cert).toString('base64'),
    close: () => server.close(),
  }
}

const store = (group: string, interval: string, more: object = {}, version = 'v1') =>
  stringify({
    apiVersion: `${group}/${version}`,
    kind: 'SecretStore',
    metadata: { name: 'store', namespace },
    spec: {
      refreshInterval: interval,
      provider: {
        akeyless: {
          akeylessGWApiURL: '',
          authSecretRef: { secretRef: { accessID: { name: 'c', key: 'id' } } },
          ...more,
        },
      },
    },
  })

/** How often the API server could not evaluate a condition of our webhooks; an error counts as a failed call. */
const celErrors = async (): Promise<number> => {
  const text = String((await request('GET', '/metrics')).body)
  const lines = text.matchAll(
    /^apiserver_admission_match_condition_evaluation_errors_total\{[^}]*latchkey[^}]*\} (\d+)$/gm,
  )
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0)
}

t.test('the webhooks hear of new and changed specs, and of nothing else', async t => {
  const hook = await listen()
  t.teardown(() => hook.close())
  const group = await installTwin(t)
  const plural = `secretstores.${group}`
  // the same configurations, for the twins of our kinds
  const mine = webhookConfigurations({ url: hook.url }, hook.caBundle).map(each => ({
    ...each,
    metadata: { name: namespace },
    webhooks: (each['webhooks'] as { rules: object[] }[]).map(one => ({
      ...one,
      rules: one.rules.map(rule => ({ ...rule, apiGroups: [group] })),
    })),
  }))
  await must(['create', '-f', '-'], mine.map(each => stringify(each)).join('---\n'))
  t.teardown(() => kubectl(['delete', 'validatingwebhookconfiguration,mutatingwebhookconfiguration', namespace]))
  const after = async (args: readonly string[], input?: string) => {
    hook.asked.length = 0
    await must(args, input)
    return [...hook.asked]
  }
  // the API server picks a new configuration up within a second or so
  const deadline = performance.now() + 15_000
  while ((await after(['apply', '--dry-run=server', '-f', '-'], store(group, '1m'))).length === 0) {
    if (performance.now() > deadline) throw new Error('the webhook was never called')
  }
  const here = ['-n', namespace]
  const errors = await celErrors()
  // conditions are evaluated before the schema is, for the mutating webhook
  const sparse = [
    {},
    { spec: null },
    { spec: {} },
    { spec: { provider: {} } },
    { spec: { provider: null } },
    { spec: { provider: { akeyless: {} } } },
    { spec: { provider: { vault: {} } } },
    { metadata: { name: 'sparse', deletionTimestamp: '2026-01-01T00:00:00Z' } },
  ]
  const collection = `/apis/${group}/v1/namespaces/${namespace}/secretstores`
  for (const each of sparse) {
    const object = { apiVersion: `${group}/v1`, kind: 'SecretStore', metadata: { name: 'sparse' }, ...each }
    await request('POST', `${collection}?dryRun=All`, object)
  }
  const finalizers = (list: string[]) => JSON.stringify({ metadata: { finalizers: list } })
  t.same(await after(['create', '-f', '-'], store(group, '1m')), ['CREATE v1/store /validate'])
  t.same(await after(['annotate', plural, 'store', 'a=b', ...here]), [], 'metadata alone')
  t.same(
    await after([
      'patch',
      plural,
      'store',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"capabilities":"ReadWrite"}}',
      ...here,
    ]),
    [],
    'status',
  )
  t.same(
    await after(['replace', '-f', '-'], store(group, '2m', {}, 'v1beta1')),
    ['UPDATE v1/store /validate'],
    'v1beta1 comes as v1',
  )
  t.same(
    await after(['replace', '-f', '-'], store(group, '2m', { serviceAccountRef: { name: 'app' } })),
    ['UPDATE v1/store /mutate', 'UPDATE v1/store /validate'],
    'an alias is shown to the mutating webhook first',
  )
  await after(['patch', plural, 'store', '--type=merge', '-p', finalizers(['test/held']), ...here])
  t.same(await after(['delete', plural, 'store', '--wait=false', ...here]), [], 'deletion')
  t.same(
    await after(['patch', plural, 'store', '--type=merge', '-p', '{"spec":{"refreshInterval":"3m"}}', ...here]),
    [],
    'a change while it is being deleted',
  )
  t.same(await after(['patch', plural, 'store', '--type=merge', '-p', finalizers([]), ...here]), [], 'the end')
  t.equal(await celErrors(), errors, 'no condition failed')
})
