// PushSecrets and what is made in many namespaces, as whoever applies them sees it.
import t from 'tap'
import { stringify } from 'yaml'
import { group } from '#api'
import { kubectl, namespace as namespaceFor } from '../support/cluster.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import { entry, readyStore } from '../support/objects.ts'
import { deniedBy } from './refused.ts'
import { labelOf, startRegistered } from './registered.ts'
import { install } from './twin.ts'

await install()
const namespace = await namespaceFor(t)
const gateway = await startTlsGateway(t)
const latchkey = await startRegistered(t, { namespace, gateway })
await readyStore(t, namespace)

const push = (change: object = {}) => ({
  refreshInterval: '5s',
  updatePolicy: 'Replace',
  deletionPolicy: 'Delete',
  secretStoreRefs: [{ name: 'store', kind: 'SecretStore' }],
  selector: { secret: { name: 'k8s-created-secret' } },
  data: [{ match: { remoteRef: { remoteKey: 'eso-created/my-secret' } } }],
  ...change,
})
const read = (change: object = {}) => ({
  refreshInterval: '1h',
  secretStoreRef: { name: 'store' },
  data: [entry('a', '/apps/db-username'), entry('b', '/apps/db-password')],
  ...change,
})
const namespaceSelectors = [{ matchLabels: { 'kubernetes.io/metadata.name': namespace } }]

const manifest = (kind: string, spec: object) => {
  const clusterWide = kind.startsWith('Cluster')
  return {
    apiVersion: `${group}/${kind.includes('Push') ? 'v1alpha1' : 'v1'}`,
    kind,
    metadata: clusterWide ? { name: `app-${namespace}`, labels: labelOf(namespace) } : { name: 'app' },
    spec: clusterWide ? { namespaceSelectors, ...spec } : spec,
  }
}
const apply = async (object: object) => {
  const { code, stdout, stderr } = await kubectl(['apply', '-f', '-'], { namespace, input: stringify(object) })
  const plain = (text: string) => text.trim().replaceAll(namespace, 'NS').replace(' error when creating "STDIN":', '')
  return { code, stdout: plain(stdout), stderr: plain(stderr) }
}

const everywhere = (path: string) =>
  `Warning: ${path}: SecretStore "store" is looked for in each namespace, and must be in all of them → name a ClusterSecretStore, or make it in each [namespaced-store]`

const twice = {
  data: [...push().data, { match: { secretKey: 'k', remoteRef: { remoteKey: '/eso-created/my-secret' } } }],
}
const kinds = [
  {
    kind: 'PushSecret',
    right: push(),
    warns: [],
    wrong: push({ ...twice, selector: { secret: {} } }),
    subject: 'NS/app',
    lines: [
      'spec.selector.secret: names no Secret → give it a name or a selector',
      'spec.data[1].match.remoteRef: spec.data[0] pushes to "/eso-created/my-secret" too → give each entry a place of its own',
    ],
  },
  {
    kind: 'ClusterPushSecret',
    right: { pushSecretSpec: push() },
    warns: [everywhere('spec.pushSecretSpec.secretStoreRefs[0].name')],
    wrong: { pushSecretSpec: push(twice), refreshTime: '1d' },
    subject: 'app-NS',
    lines: [
      'spec.refreshTime: "1d" is not a duration → write 24h',
      'spec.pushSecretSpec.data[1].match.remoteRef: spec.pushSecretSpec.data[0] pushes to "/eso-created/my-secret" too → give each entry a place of its own',
    ],
  },
  {
    kind: 'ClusterExternalSecret',
    right: { externalSecretSpec: read() },
    warns: [everywhere('spec.externalSecretSpec.secretStoreRef.name')],
    wrong: {
      externalSecretSpec: read({ refreshInterval: '5 minutes', data: ['a', 'a'].map(key => entry(key, '/a')) }),
      externalSecretMetadata: { labels: { team: 'a b' } },
    },
    subject: 'app-NS',
    lines: [
      'spec.externalSecretMetadata.labels.team: is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends',
      'spec.externalSecretSpec.refreshInterval: "5 minutes" is not a duration → write 5m',
      'spec.externalSecretSpec.data[1].secretKey: "a" is the key of spec.externalSecretSpec.data[0] too → give each entry a key of its own',
    ],
  },
]
for (const { kind, right, warns, wrong, subject, lines } of kinds) {
  const told = warns.join('\n')

  t.test(`${kind}: what is wrong is refused, each fault with its place`, async t => {
    const { code, stdout, stderr } = await apply(manifest(kind, wrong))
    t.same([code, stdout], [1, ''])
    t.equal(stderr, [...warns, deniedBy(kind, subject, lines)].join('\n'))
  })

  t.test(`${kind}: what is right is taken, and what it depends on is said`, async t => {
    const object = manifest(kind, right)
    const { code, stdout, stderr } = await apply(object)
    t.same([code, stderr], [0, told])
    t.equal(stdout, `${kind.toLowerCase()}.${group}/${object.metadata.name.replace(namespace, 'NS')} created`)
    t.teardown(() => kubectl(['delete', kind, object.metadata.name, '--wait=false'], { namespace }))
    t.same((await apply(object)).stderr, '', 'once')
    const { code: edited, stderr: refused } = await apply(manifest(kind, wrong))
    t.equal(edited, 1, refused)
    const silenced = { ...object.metadata, annotations: { 'latchkey.dev/silence': 'namespaced-store' } }
    const changed = {
      ...object,
      metadata: silenced,
      spec: { ...object.spec, ...(kind === 'PushSecret' ? { refreshInterval: '1h' } : { refreshTime: '2h' }) },
    }
    t.same((await apply(changed)).stderr, '', 'who has read it can silence it')
  })
}

t.test('reviews of each kind are counted by its name', async t => {
  const text = await latchkey.metrics()
  for (const { kind } of kinds) {
    t.match(
      text,
      new RegExp(`^latchkey_admission_reviews_total\\{webhook="validate",kind="${kind}",result="denied"\\} 2$`, 'm'),
    )
  }
})
