import t from 'tap'
import { manifestFiles } from '../../../deploy/manifests.ts'
import { permissions } from '../../../deploy/permissions.ts'
import { webhookConfigurations } from '../../../deploy/webhooks.ts'
import { podTemplate } from '../../../deploy/workload.ts'
import { generated } from '../../../dev/generate.ts'
import { read } from '../../architecture/source.ts'

t.test('generated files are as the code makes them; if not, npm run generate', async t => {
  for (const { path, render } of generated) t.equal(read(path), render(), path)
})

t.test('kustomization.yaml lists every other generated manifest', async t => {
  const listed = manifestFiles.find(({ path }) => path === 'kustomization.yaml')?.objects[0]?.['resources']
  t.same(
    listed,
    manifestFiles.map(({ path }) => path).filter(path => path !== 'kustomization.yaml'),
  )
})

t.test('no permission has a wildcard, reaches Pods or could grant itself more', async t => {
  const words = permissions.flatMap(({ apiGroup, resources, verbs }) => [apiGroup, ...resources, ...verbs])
  for (const word of ['*', 'pods', 'pods/exec', 'escalate', 'bind', 'impersonate', 'serviceaccounts/token']) {
    t.notOk(words.includes(word), word)
  }
  t.notOk(permissions.some(({ apiGroup }) => apiGroup === 'rbac.authorization.k8s.io'))
})

t.test('every finalizer of ESO’s may be taken off, and nothing is allowed that nothing uses', async t => {
  const granted = permissions.filter(({ verbs }) => verbs.includes('patch')).flatMap(({ resources }) => resources)
  for (const kind of ['externalsecrets', 'secretstores', 'clustersecretstores']) t.ok(granted.includes(kind), kind)
  t.notOk(permissions.some(({ resources }) => resources.includes('serviceaccounts')))
})

t.test('lookups that hang leave threads to others', async t => {
  t.match(podTemplate.spec.containers[0]?.env, [{}, { name: 'UV_THREADPOOL_SIZE', value: '32' }, {}])
})

t.test('create is never limited by name: such a rule allows nothing', async t => {
  t.same(
    permissions.filter(({ only, verbs }) => only && verbs.includes('create')),
    [],
  )
})

interface Hook {
  name: string
  clientConfig: { url?: string; service?: object; caBundle?: string }
  failurePolicy: string
  timeoutSeconds: number
  rules: { operations: string[]; resources: string[] }[]
}
const hooksOf = (...args: Parameters<typeof webhookConfigurations>) =>
  webhookConfigurations(...args).map(({ kind, webhooks }) => ({ kind, webhooks: webhooks as Hook[] }))

const kinds = [
  'secretstore',
  'clustersecretstore',
  'externalsecret',
  'clusterexternalsecret',
  'pushsecret',
  'clusterpushsecret',
]

t.test('validation fails closed and mutation fails open, on creation and update of our kinds only', async t => {
  const [validating, mutating] = hooksOf({ url: 'https://127.0.0.1:9443' }, 'Q0E=')
  t.match(validating, {
    kind: 'ValidatingWebhookConfiguration',
    webhooks: kinds.map(kind => ({
      name: `validate.${kind}.latchkey.dev`,
      clientConfig: { url: 'https://127.0.0.1:9443/validate', caBundle: 'Q0E=' },
      failurePolicy: 'Fail',
      timeoutSeconds: 5,
      sideEffects: 'None',
      matchPolicy: 'Equivalent',
      rules: [
        {
          operations: ['CREATE', 'UPDATE'],
          resources: [`${kind}s`],
          // the stored one: the others come as this
          apiVersions: [kind.includes('push') ? 'v1alpha1' : 'v1'],
          scope: kind.startsWith('cluster') ? 'Cluster' : 'Namespaced',
        },
      ],
    })),
  })
  t.equal(validating?.webhooks.length, kinds.length)
  t.equal(mutating?.webhooks.length, 2, 'only stores have aliases')
  t.match(mutating, {
    kind: 'MutatingWebhookConfiguration',
    webhooks: ['secretstore', 'clustersecretstore'].map(kind => ({
      name: `mutate.${kind}.latchkey.dev`,
      clientConfig: { url: 'https://127.0.0.1:9443/mutate', caBundle: 'Q0E=' },
      failurePolicy: 'Ignore',
      timeoutSeconds: 2,
    })),
  })
})

t.test('without a CA the bundle is left out, so that a later apply keeps the one of the process', async t => {
  const service = { namespace: 'latchkey-system', name: 'latchkey' }
  for (const { webhooks } of hooksOf({ service }, undefined)) {
    for (const { clientConfig } of webhooks) {
      t.notOk('caBundle' in clientConfig)
      t.match(clientConfig.service, service)
    }
  }
  const [validating, mutating] = hooksOf({ service }, undefined)
  for (const { clientConfig } of validating?.webhooks ?? []) t.same(clientConfig.service, service, 'and the path')
  for (const { clientConfig } of mutating?.webhooks ?? []) t.match(clientConfig.service, { path: '/mutate' })
})
