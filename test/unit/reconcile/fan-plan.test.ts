import t from 'tap'
import { ExternalSecret } from '#api'
import { isOurFan } from '../../../pkg/reconcile/fan/class.ts'
import { fanOf } from '../../../pkg/reconcile/fan/draft.ts'
import { createEchoes } from '../../../pkg/reconcile/fan/echo.ts'
import { planFor, type Task } from '../../../pkg/reconcile/fan/plan.ts'
import type { Child, FanObject } from '../../../pkg/reconcile/fan/port.ts'
import type { Namespace } from '../../../pkg/reconcile/ports.ts'
import { externalSecret } from './build.ts'
import { childIn, clusterExternalSecret, clusterPushSecret, namespaceOf } from './fan-build.ts'

const echoes = createEchoes()

const plan = (
  object: FanObject,
  namespaces: readonly Namespace[],
  children: readonly Child[] = [],
): readonly Task[] => {
  const fan = fanOf(object)
  const { childName } = fan.wish
  return planFor(fan, {
    namespaces,
    mine: children,
    at: namespace => children.find(({ metadata }) => metadata.namespace === namespace && metadata.name === childName),
    echoes,
  })
}

/** `namespace: -removed step`, a line each. */
const show = (tasks: readonly Task[]): string[] =>
  tasks.map(({ namespace, remove, step }) =>
    [`${namespace}:`, ...remove.map(({ metadata }) => `-${metadata.name}`), ...(step ? [step.do] : [])].join(' '),
  )

const spaces = [
  namespaceOf('b'),
  namespaceOf('a'),
  namespaceOf('other', { labels: { team: 'b' } }),
  namespaceOf('plain', { labels: {} }),
]

const selections: readonly { name: string; object: FanObject; takes: readonly string[] }[] = [
  { name: 'one selector', object: clusterExternalSecret(), takes: ['a', 'b'] },
  {
    name: 'selectors are ORed',
    object: clusterExternalSecret({
      spec: {
        namespaceSelectors: [
          { matchLabels: { team: 'b' } },
          { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] },
        ],
      },
    }),
    takes: ['other', 'plain'],
  },
  {
    name: 'the deprecated selector and the deprecated list are ORed with the rest',
    object: clusterExternalSecret({
      spec: { namespaceSelector: { matchLabels: { team: 'b' } }, namespaces: ['plain', 'nowhere'] },
    }),
    takes: ['a', 'b', 'other', 'plain'],
  },
  {
    name: 'a list alone',
    object: clusterExternalSecret({ spec: { namespaceSelectors: undefined, namespaces: ['other'] } }),
    takes: ['other'],
  },
  {
    name: 'an empty selector takes all',
    object: clusterExternalSecret({ spec: { namespaceSelectors: [{}] } }),
    takes: ['a', 'b', 'other', 'plain'],
  },
  { name: 'no selector takes none', object: clusterExternalSecret({ spec: { namespaceSelectors: [] } }), takes: [] },
  { name: 'ClusterPushSecret selects alike', object: clusterPushSecret(), takes: ['a', 'b'] },
]

t.test('namespaces are selected by any of the selectors and the list', async t => {
  for (const { name, object, takes } of selections)
    t.same(
      show(plan(object, spaces)),
      takes.map(each => `${each}: create`),
      name,
    )
})

t.test(
  'a namespace that is being deleted is neither provisioned nor failed, and its child is left to go with it',
  async t => {
    const maker = clusterExternalSecret()
    const going = namespaceOf('going', { terminating: true })
    t.same(plan(maker, [going]), [])
    t.same(plan(maker, [going], [childIn(maker, 'going')]), [])
  },
)

t.test('a child carries spec, metadata, force-sync and the owner reference that ESO writes', async t => {
  const object = clusterExternalSecret({
    metadata: { annotations: { 'force-sync': '7', note: 'not copied' }, labels: { not: 'copied' } },
    spec: { externalSecretName: 'db', externalSecretMetadata: { labels: { l: '1' }, annotations: { a: '2' } } },
  })
  const [task] = plan(object, [namespaceOf('a')])
  t.same(task?.step, {
    do: 'create',
    body: {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: {
        name: 'db',
        namespace: 'a',
        labels: { l: '1' },
        annotations: { 'force-sync': '7', a: '2' },
        ownerReferences: [
          {
            apiVersion: 'external-secrets.io/v1',
            kind: 'ClusterExternalSecret',
            name: 'app',
            uid: 'uid-ces',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: object.spec.externalSecretSpec,
    },
  })
  t.match(plan(clusterPushSecret(), [namespaceOf('a')]), [
    {
      step: {
        body: {
          apiVersion: 'external-secrets.io/v1alpha1',
          kind: 'PushSecret',
          metadata: { ownerReferences: [{ apiVersion: 'external-secrets.io/v1alpha1', kind: 'ClusterPushSecret' }] },
        },
      },
    },
  ])
})

const metadata = { labels: { l: '1' }, annotations: { a: '2' } }
const maker = clusterExternalSecret({ spec: { externalSecretMetadata: metadata } })
const was = childIn(maker, 'a')
const specOf = (more: object): ExternalSecret => ExternalSecret.parse({ ...was, spec: { ...was.spec, ...more } })

const states: readonly { name: string; child: Child; wanted: string }[] = [
  { name: 'as it was made', child: was, wanted: 'a: keep' },
  {
    name: 'with what others put beside it',
    child: childIn(maker, 'a', { finalizers: ['x/y'], generation: 9 }),
    wanted: 'a: keep',
  },
  {
    name: 'with a status',
    child: ExternalSecret.parse({ ...was, status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
    wanted: 'a: keep',
  },
  { name: 'an edited spec', child: specOf({ refreshInterval: '5m' }), wanted: 'a: replace' },
  { name: 'a label that was taken off', child: childIn(maker, 'a', { labels: {} }), wanted: 'a: replace' },
  { name: 'a label that was added', child: childIn(maker, 'a', { labels: { l: '1', m: '2' } }), wanted: 'a: replace' },
  { name: 'an edited annotation', child: childIn(maker, 'a', { annotations: { a: '3' } }), wanted: 'a: replace' },
  {
    name: 'a force-sync of its own',
    child: childIn(maker, 'a', { annotations: { a: '2', 'force-sync': '1' } }),
    wanted: 'a: keep',
  },
  { name: 'being deleted', child: childIn(maker, 'a', { deletionTimestamp: 'now', labels: {} }), wanted: 'a: keep' },
  { name: 'nobody’s', child: externalSecret({ metadata: { namespace: 'a', uid: 'x' } }), wanted: 'a: leave' },
  {
    name: 'of a former object of that name',
    child: childIn(clusterExternalSecret({ metadata: { uid: 'uid-before' } }), 'a'),
    wanted: 'a: leave',
  },
  {
    name: 'of another object',
    child: childIn(clusterExternalSecret({ metadata: { name: 'app', uid: 'uid-other' } }), 'a'),
    wanted: 'a: leave',
  },
]

t.test('what is there is kept, put back or left alone', async t => {
  for (const { name, child, wanted } of states) t.same(show(plan(maker, [namespaceOf('a')], [child])), [wanted], name)
})

t.test('a replaced child keeps its identity, its finalizers and other owners', async t => {
  const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'uid-c' }
  const ownerReferences = [other, ...(was.metadata.ownerReferences ?? [])]
  const [task] = plan(
    maker,
    [namespaceOf('a')],
    [childIn(maker, 'a', { labels: {}, finalizers: ['x/y'], ownerReferences })],
  )
  t.match(task?.step, {
    do: 'replace',
    body: { metadata: { uid: 'uid-in-a', resourceVersion: '20', finalizers: ['x/y'], ownerReferences, ...metadata } },
  })
})

t.test(
  'children under a former name, and in namespaces that are no longer selected, go; others of a former name stay',
  async t => {
    const before = clusterExternalSecret({ spec: { externalSecretName: 'old' } })
    const foreign = externalSecret({ metadata: { name: 'old', namespace: 'c', uid: 'x' } })
    const children = [childIn(before, 'a'), childIn(before, 'other'), foreign]
    t.same(show(plan(maker, [...spaces, namespaceOf('c')], children)), [
      'a: -old create',
      'b: create',
      'c: create',
      'other: -old',
    ])
  },
)

t.test('in a namespace that the watch has not shown yet nothing is touched', async t => {
  t.same(plan(maker, [], [childIn(maker, 'unseen')]), [])
})

t.test('what the API server made of a child is as good as what was asked for, until somebody edits it', async t => {
  const [task] = plan(maker, [namespaceOf('a')])
  const bent = childIn(maker, 'a', { labels: { l: '1', policy: 'added' } })
  if (task?.step?.do !== 'create') throw new Error('a create was expected')
  echoes.note(task.step.body, bent)
  t.same(show(plan(maker, [namespaceOf('a')], [bent])), ['a: keep'])
  const edited = childIn(maker, 'a', { labels: { l: 'x', policy: 'added' } })
  t.same(show(plan(maker, [namespaceOf('a')], [edited])), ['a: replace'])
  echoes.forget(bent)
  t.same(show(plan(maker, [namespaceOf('a')], [bent])), ['a: replace'])
})

t.test('the class of a cluster-scoped object is an annotation', async t => {
  const named = (value?: string) =>
    clusterExternalSecret(
      value === undefined ? {} : { metadata: { annotations: { 'latchkey.dev/controller-class': value } } },
    )
  const rows: readonly [string | undefined, string, boolean][] = [
    [undefined, 'default', true],
    [undefined, 'latchkey', false],
    ['latchkey', 'latchkey', true],
    ['latchkey', 'default', false],
    ['default', 'default', true],
    ['', 'default', true],
  ]
  for (const [value, own, ours] of rows) t.equal(isOurFan(named(value), own), ours, `${value} for ${own}`)
})
