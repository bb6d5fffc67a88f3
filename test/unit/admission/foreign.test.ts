// Sharing a cluster with ESO: what it serves must not break by our rules (decisions 2 and 3).
import t from 'tap'
import { judge } from '#admission'
import { clusterExternalSecret, clusterPushSecret, clusterStore, externalSecret, pushSecret, store } from './objects.ts'

const known: Readonly<Record<string, { ours: boolean }>> = {
  'SecretStore team-a/main': { ours: true },
  'SecretStore team-a/vault': { ours: false },
  'ClusterSecretStore main': { ours: false },
  'ClusterSecretStore own': { ours: true },
}
const stores = ({ kind, namespace, name }: { kind: string; namespace: string | undefined; name: string }) =>
  known[`${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`]

type Json = Parameters<NonNullable<Parameters<typeof externalSecret>[0]>>[0]

/** Much that only we refuse. */
const bold = (change: (spec: Json) => void) =>
  externalSecret(spec => {
    spec.dataFrom = [{ find: { name: { regexp: '(?=a)' } }, rewrite: [{ regexp: { source: 'a', target: 'b' } }] }]
    spec.data[0].remoteRef.version = 'not-a-number'
    spec.refreshInterval = 'soon'
    spec.target = {
      creationPolicy: 'None',
      deletionPolicy: 'Merge',
      template: { type: 'kubernetes.io/service-account-token', data: { k: '{{ .v }}' } },
    }
    change(spec)
  })
const named = (name: string, kind = 'SecretStore') =>
  bold(spec => {
    spec.secretStoreRef = { kind, name }
  })
const entries = (...names: string[]) =>
  bold(spec => {
    delete spec.secretStoreRef
    spec.dataFrom = undefined
    spec.data = names.map(name => ({ secretKey: name, remoteRef: { key: '' }, sourceRef: { storeRef: { name } } }))
  })
const generator = bold(spec => {
  delete spec.secretStoreRef
  spec.data = undefined
  spec.dataFrom = [{ sourceRef: { generatorRef: { apiVersion: 'x', kind: 'Password', name: 'p' } } }]
})

const vault = (more: object = {}) =>
  store((_, spec) => {
    spec.provider = { vault: { server: 'https://vault' } }
    Object.assign(spec, { refreshInterval: 'soon', conditions: [{ namespaceRegexes: ['('] }] }, more)
  })
const broken = (more: object) =>
  clusterStore((akeyless, spec) => {
    akeyless.akeylessGWApiURL = 'no url'
    akeyless.authSecretRef = {}
    Object.assign(spec, more)
  })

const stored = (...refs: string[]) =>
  refs.map(ref => ({ name: ref.split(' ').at(-1), ...(ref.startsWith('cluster ') && { kind: 'ClusterSecretStore' }) }))
const wrong = { refreshInterval: 'soon', data: [] }
const pushing = (...refs: string[]) =>
  pushSecret(spec => Object.assign(spec, wrong, { secretStoreRefs: stored(...refs) }))
const selecting = pushSecret(spec =>
  Object.assign(spec, wrong, { secretStoreRefs: [{ labelSelector: { matchLabels: { team: 'a' } } }] }),
)
const pushingAll = (...refs: string[]) =>
  clusterPushSecret(spec => Object.assign(spec, wrong, { secretStoreRefs: stored(...refs) }))
const readingAll = (ref: string) =>
  clusterExternalSecret(spec => Object.assign(spec, wrong, { secretStoreRef: stored(ref)[0] }))

const ofClass = (name: string, object: ReturnType<typeof clusterPushSecret>) => {
  object.metadata.annotations = { 'latchkey.dev/controller-class': name }
  return object
}

const cases: readonly { name: string; object: unknown; controllerClass?: string; refused: boolean }[] = [
  { name: 'a store of ours', object: named('main'), refused: true },
  { name: 'a store of another operator', object: named('vault'), refused: false },
  { name: 'a cluster store of another operator', object: named('main', 'ClusterSecretStore'), refused: false },
  { name: 'no store by that name', object: named('ghost'), refused: true },
  {
    name: 'no store by that name, in a shared cluster',
    object: named('ghost'),
    controllerClass: 'own',
    refused: false,
  },
  { name: 'a store of ours, in a shared cluster', object: named('main'), controllerClass: 'own', refused: true },
  { name: 'stores of another operator in each entry', object: entries('vault', 'vault'), refused: false },
  { name: 'one store of another operator among ours', object: entries('main', 'vault'), refused: false },
  {
    name: 'a store of another operator in one entry, beside ours for the rest',
    object: bold(spec => {
      spec.data[1].sourceRef = { storeRef: { name: 'vault' } }
    }),
    refused: false,
  },
  { name: 'a store of ours and one that is not there', object: entries('ghost', 'main'), refused: true },
  {
    name: 'a store of ours and one that is not there, in a shared cluster',
    object: entries('ghost', 'main'),
    controllerClass: 'own',
    refused: true,
  },
  { name: 'generators alone', object: generator, refused: true },
  { name: 'generators alone, in a shared cluster', object: generator, controllerClass: 'own', refused: false },
  { name: 'a push to a store of ours', object: pushing('main'), refused: true },
  { name: 'a push to a store of another operator', object: pushing('vault'), refused: false },
  { name: 'a push to a store of each', object: pushing('vault', 'main'), refused: false },
  { name: 'a push to a cluster store of another operator', object: pushing('cluster main'), refused: false },
  { name: 'a push to no store by that name', object: pushing('ghost'), refused: true },
  {
    name: 'a push to no store by that name, in a shared cluster',
    object: pushing('ghost'),
    controllerClass: 'own',
    refused: false,
  },
  { name: 'a push to stores by label', object: selecting, refused: true },
  { name: 'a push to stores by label, in a shared cluster', object: selecting, controllerClass: 'own', refused: false },
  { name: 'pushes from everywhere to a store of another operator', object: pushingAll('cluster main'), refused: false },
  {
    name: 'pushes from everywhere to a store of ours',
    object: ofClass('own', pushingAll('cluster own')),
    controllerClass: 'own',
    refused: true,
  },
  { name: 'pushes from everywhere to a store of each namespace', object: pushingAll('main'), refused: true },
  { name: 'reads everywhere from a store of another operator', object: readingAll('cluster main'), refused: false },
  {
    name: 'reads everywhere from a store of ours',
    object: ofClass('own', readingAll('cluster own')),
    controllerClass: 'own',
    refused: true,
  },
  { name: 'reads everywhere from a store of each namespace', object: readingAll('vault'), refused: true },
  {
    name: 'reads everywhere from a store of each namespace, by an annotation with our class',
    object: ofClass('own', readingAll('main')),
    controllerClass: 'own',
    refused: true,
  },
  {
    name: 'reads everywhere by an annotation with another class',
    object: ofClass('other', readingAll('main')),
    refused: false,
  },
  {
    name: 'reads everywhere from our store, of the default class in a shared cluster',
    object: readingAll('cluster own'),
    controllerClass: 'own',
    refused: false,
  },
  {
    name: 'reads everywhere from a store of each namespace, in a shared cluster',
    object: readingAll('main'),
    controllerClass: 'own',
    refused: false,
  },
  { name: 'another provider', object: vault(), refused: false },
  { name: 'another provider and class', object: vault({ controller: 'eso' }), controllerClass: 'own', refused: false },
  { name: 'our class', object: broken({ controller: 'own' }), controllerClass: 'own', refused: true },
  { name: 'another class', object: broken({ controller: 'eso' }), controllerClass: 'own', refused: false },
  { name: 'no class, in a shared cluster', object: broken({}), controllerClass: 'own', refused: false },
  { name: 'no class', object: broken({}), controllerClass: 'default', refused: true },
  {
    name: 'another class than the usual one',
    object: broken({ controller: 'eso' }),
    controllerClass: 'default',
    refused: false,
  },
  { name: 'a class, where the process tells none', object: broken({ controller: 'eso' }), refused: true },
]

for (const { name, object, controllerClass, refused } of cases) {
  t.test(`${name}: faults ${refused ? 'refuse it' : 'are warnings'}`, async t => {
    const { denials, warnings } = judge(object, undefined, { stores, controllerClass })
    t.equal(denials.length > 0, refused)
    t.equal(warnings[0]?.rule === 'foreign', !refused, 'led by the reason')
    t.ok(denials.length + warnings.length > 1)
  })
}

t.test('a class of another operator leaves a foreign provider alone, ours marks its store', async t => {
  const words = (controller: string) =>
    judge(vault({ controller }), undefined, { controllerClass: 'own' }).warnings.find(({ rule }) => rule === 'provider')
  t.match(words('eso')?.message, /leaves this store alone/)
  t.match(words('own')?.message, /marks this store InvalidProviderConfig/)
})

t.test('nothing is said of an object of another operator that breaks no rule', async t => {
  const object = externalSecret(spec => {
    spec.secretStoreRef.name = 'vault'
  })
  t.same(judge(object, undefined, { stores, controllerClass: 'own' }), { denials: [], warnings: [] })
})

t.test('an object of any shape is judged, whoever serves it', async t => {
  for (const spec of [
    undefined,
    7,
    [],
    { provider: 7 },
    { data: 7, dataFrom: [7], secretStoreRef: 7, secretStoreRefs: 7 },
  ]) {
    const users = ['ExternalSecret', 'ClusterExternalSecret', 'PushSecret', 'ClusterPushSecret']
    for (const kind of [...users, 'SecretStore', 'ClusterSecretStore']) {
      const { denials, warnings } = judge({ kind, metadata: 7, spec }, undefined, { stores, controllerClass: 'own' })
      t.ok(denials.length + warnings.length > 0)
    }
  }
})

t.test('what Latchkey lacks is a warning where another process reconciles, what is wrong stays a refusal', async t => {
  const object = externalSecret(spec => {
    spec.dataFrom = [{ sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } }]
    spec.refreshInterval = '5 minutes'
  })
  const rulesOf = (findings: readonly { rule: string }[]) => findings.map(({ rule }) => rule)
  const alone = judge(object)
  t.ok(rulesOf(alone.denials).includes('unsupported'))
  const beside = judge(object, undefined, { reconciledElsewhere: true })
  t.same(rulesOf(beside.denials), ['refresh-interval'])
  t.ok(rulesOf(beside.warnings).includes('unsupported'))
})
