// Hand edits of a Secret, under each policy that guards it, with and without a template: what was there is there again within a
// second, and the gateway hears nothing of it.
import t, { type Test } from 'tap'
import { namespace as namespaceFor } from '../support/cluster.ts'
import { bestMs } from '../support/effort.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  remove,
  settled,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()
const gateway = await startTlsGateway(t)
const latchkey = await startLatchkey(t, { namespace, gateway })
await readyStore(t, namespace)

const esOf = (name: string) => `${paths.externalSecrets}/${name}`
const secretOf = (name: string) => `${paths.secrets}/${name}`
const base64 = (text: string) => Buffer.from(text).toString('base64')
const mark = (name: string) => `reconcile.external-secrets.io/${name}`
const data = [entry('user', '/apps/db-username'), entry('password', '/apps/db-password')]
const metadata = { labels: { team: 'a', constructor: 'c' }, annotations: { note: 'n' } }
const template = {
  metadata: { labels: { team: 'a', made: '{{ .user }}' }, annotations: { note: 'n', length: '{{ len .password }}' } },
  templateFrom: [{ literal: '{{ .user }}.from: "{{ .user }}"', target: 'Labels' }],
  data: { user: '{{ .user }}', password: '{{ .password }}', dsn: '{{ .user }}:{{ .password }}' },
}

const held = ({ metadata, data, type }: Json) => {
  const sorted = (texts: Json) => Object.entries(texts ?? {}).sort()
  const { labels, annotations, ownerReferences } = metadata
  return JSON.stringify([sorted(labels), sorted(annotations), ownerReferences, sorted(data), type])
}

type Harm = readonly [name: string, harm: (path: string) => Promise<unknown>]
const label = (name: string, text: string | null) => (path: string) =>
  patch(path, { metadata: { labels: { [name]: text } } })
const annotation = (name: string, text: string | null) => (path: string) =>
  patch(path, { metadata: { annotations: { [name]: text } } })
const value = (name: string, text: string | null) => (path: string) =>
  patch(path, { data: { [name]: text === null ? null : base64(text) } })

const always: readonly Harm[] = [
  ['a value edited', value('password', 'mine')],
  ['a value emptied', value('password', '')],
  ['a key removed', value('password', null)],
  ['two keys removed', path => patch(path, { data: { user: null, password: null } })],
  ['the managed label removed', label(mark('managed'), null)],
  ['the managed label changed', label(mark('managed'), 'no')],
  ['the hash removed', annotation(mark('data-hash'), null)],
  ['the hash changed', annotation(mark('data-hash'), 'x')],
  [
    'a value and the hash of it',
    path => patch(path, { data: { user: base64('x') }, metadata: { annotations: { [mark('data-hash')]: null } } }),
  ],
  ['a label removed', label('team', null)],
  ['an annotation removed', annotation('note', null)],
  ['all labels removed', path => patch(path, { metadata: { labels: null } })],
  ['all annotations removed', path => patch(path, { metadata: { annotations: null } })],
]
const alone: readonly Harm[] = [
  ['a key added', value('extra', 'mine')],
  ['all data removed', path => patch(path, { data: null })],
  ['a label changed', label('team', 'mine')],
  ['an annotation changed', annotation('note', 'mine')],
  ['the created-by label changed', label(mark('created-by'), 'me')],
  ['the owner removed', path => patch(path, { metadata: { ownerReferences: null } })],
]
const computed: readonly Harm[] = [
  ['a computed label changed', label('made', 'mine')],
  ['a computed label removed', label('made', null)],
  ['a computed annotation changed', annotation('length', '99')],
  ['a label of templateFrom changed', label('demo.from', 'mine')],
  ['a templated value edited', value('dsn', 'mine')],
]
const deleted: Harm = ['the Secret deleted', remove]

const repairs = async (t: Test, name: string, harms: readonly Harm[]) => {
  const { status } = await whenReady(t, esOf(name))
  const good = await get(secretOf(name))
  for (const [what, harm] of harms) {
    const calls = gateway.journal().length
    const took = await bestMs(1_000, async () => {
      await harm(secretOf(name))
      const before = performance.now()
      await settled(t, secretOf(name), secret => held(secret) === held(good)).catch(() => undefined)
      return performance.now() - before
    })
    t.ok(took < 1_000, `${what}: repaired in ${took} ms`)
    t.equal(gateway.journal().length, calls, `${what}: no call`)
  }
  const after = await get(esOf(name))
  t.equal(after.status.refreshTime, status.refreshTime, 'the values are as old as before')
  t.equal(readyOf(after).status, 'True')
  t.same(held(await get(secretOf(name))), held(good))
}

for (const [shape, templated] of [
  ['plain', {}],
  ['templated', { template }],
] as const) {
  const extra = shape === 'templated' ? computed : []
  t.test(`${shape}, Owner`, async t => {
    const name = `${shape}-owner`
    await create(paths.externalSecrets, externalSecret(name, { data, target: templated }, metadata))
    await repairs(t, name, [...always, ...alone, ...extra, deleted])
  })

  t.test(`${shape}, CreateOrMerge`, async t => {
    const name = `${shape}-create-or-merge`
    const target = { creationPolicy: 'CreateOrMerge', ...templated }
    await create(paths.externalSecrets, externalSecret(name, { data, target }, metadata))
    await repairs(t, name, [...always, ...extra, deleted])
  })

  t.test(`${shape}, Merge`, async t => {
    const name = `${shape}-merge`
    const target = { creationPolicy: 'Merge', ...templated }
    await create(paths.secrets, { metadata: { name, labels: { theirs: 'l' } }, data: { theirs: base64('theirs') } })
    await create(paths.externalSecrets, externalSecret(name, { data, target }, metadata))
    await whenReady(t, esOf(name))
    // all labels and annotations hold those of others too, which are not ours to bring back
    await repairs(t, name, [...always.filter(([what]) => !what.startsWith('all ')), ...extra])
    t.equal(textsOf(await get(secretOf(name)))['theirs'], 'theirs')
  })
}

t.test('what others add beside ours in a shared Secret stays, and its hash is told anew without a call', async t => {
  const name = 'plain-create-or-merge'
  const { metadata: before } = await get(secretOf(name))
  const calls = gateway.journal().length
  await value('theirs', 'theirs')(secretOf(name))
  const hash = mark('data-hash')
  const told = await settled(
    t,
    secretOf(name),
    ({ metadata }) => metadata.annotations[hash] !== before.annotations[hash],
  )
  t.same(textsOf(told), { user: 'demo', password: 's3cr3t', theirs: 'theirs' })
  t.equal(gateway.journal().length, calls)
})

t.test('two that write one Secret and disagree about a label do not fight over it', async t => {
  const target = { name: 'common', creationPolicy: 'CreateOrMerge' }
  const make = (name: string, secretKey: string) =>
    create(
      paths.externalSecrets,
      externalSecret(name, { target, data: [entry(secretKey, '/apps/db-username')] }, { labels: { team: name } }),
    )
  await make('one', 'one')
  await whenReady(t, esOf('one'))
  await make('two', 'two')
  await whenReady(t, esOf('two'))
  const all = await settled(t, secretOf('common'), secret => Object.keys(textsOf(secret)).length === 2)
  t.equal(all.metadata.labels.team, 'two')
  await value('one', 'mine')(secretOf('common'))
  await settled(t, secretOf('common'), secret => textsOf(secret)['one'] === 'demo')
  // one after the other is done: the last version of the Secret is then as old as this repair
  await remove(secretOf('plain-owner'))
  await settled(t, secretOf('plain-owner'), secret => textsOf(secret)['user'] === 'demo')
  const { metadata } = await get(secretOf('common'))
  const synced = () =>
    latchkey.lines().filter(({ msg, name }) => msg === 'synced' && (name === 'one' || name === 'two')).length
  const count = synced()
  await remove(secretOf('plain-owner'))
  await settled(t, secretOf('plain-owner'), secret => textsOf(secret)['user'] === 'demo')
  t.equal(
    (await get(secretOf('common'))).metadata.resourceVersion,
    metadata.resourceVersion,
    'nobody writes it any more',
  )
  t.equal(synced(), count)
})

t.test('labels repaired after the values were forgotten cost no call and no lease', async t => {
  const target = { name: 'forgotten' }
  const leased = [entry('user', '/apps/dynamic', 'user')]
  await create(paths.externalSecrets, externalSecret('forgotten', { data: leased, target }, metadata))
  await whenReady(t, esOf('forgotten'))
  const good = await get(secretOf('forgotten'))
  await latchkey.stop()
  await startLatchkey(t, { namespace, gateway })
  const calls = gateway.journal().length
  for (const [what, harm] of [
    label('team', 'mine'),
    label(mark('managed'), null),
    annotation('note', null),
  ].entries()) {
    await harm(secretOf('forgotten'))
    await settled(t, secretOf('forgotten'), secret => held(secret) === held(good))
    t.pass(`repaired: ${what}`)
  }
  const asked = gateway
    .journal()
    .slice(calls)
    .filter(({ op }) => op !== 'auth')
  t.same(
    asked.map(({ op }) => op),
    [],
  )
  t.equal(gateway.leases().length, 1)
})
