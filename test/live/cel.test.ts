// Which words a person sees where a CEL rule of a CRD and an admission webhook both have something against an object: the reason
// why our CRDs carry no CEL (docs/adr/0008-no-cel.md).
import t from 'tap'
import { customResourceDefinitions } from '#api'
import { namespace as namespaceFor, request, until } from '../support/cluster.ts'
import { freeGroup, installKind, openSpec } from './manifest/kinds.ts'

const namespace = await namespaceFor(t)
const group = freeGroup()
const rule = { rule: "!has(self.mode) || self.mode != 'manual'", message: 'words of the CEL rule' }
const widget = await installKind(t, group, 'Widget', { ...openSpec, 'x-kubernetes-validations': [rule] })

const configurations = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
t.teardown(() => request('DELETE', `${configurations}/${group}`))
await request('POST', configurations, {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: group },
  webhooks: [
    {
      name: `words.${group}`,
      rules: [{ apiGroups: [group], apiVersions: ['v1'], resources: ['widgets'], operations: ['CREATE'] }],
      // nobody listens there: whoever is asked is seen to have been asked
      clientConfig: { url: 'https://127.0.0.1:1' },
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    },
  ],
})
const create = (name: string, mode: string) =>
  request('POST', widget.at(namespace), {
    apiVersion: widget.apiVersion,
    kind: 'Widget',
    metadata: { name },
    spec: { mode },
  })

t.test('the API server checks CEL first, and does not ask the webhook then', async t => {
  const { body } = await until(t, 'the webhook to be asked', async () => {
    const reply = await create(`asked-${Date.now()}`, 'auto')
    return reply.status === 500 ? reply : undefined
  })
  t.match(body.message, `failed calling webhook "words.${group}"`)
  const refused = await create('refused', 'manual')
  t.equal(refused.status, 422)
  t.match(refused.body.message, 'words of the CEL rule')
  t.notMatch(refused.body.message, 'webhook')
})

t.test('so the kinds that are read with leave the rules to the webhook, and to the reconciler behind it', async t => {
  const kinds = ['ExternalSecret', 'SecretStore', 'ClusterSecretStore']
  const ours = customResourceDefinitions().filter(({ spec }) => kinds.includes(spec.names.kind))
  t.equal(ours.length, kinds.length)
  t.notMatch(JSON.stringify(ours), 'x-kubernetes-validations')
})
