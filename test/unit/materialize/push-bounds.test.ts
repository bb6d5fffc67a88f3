// What one PushSecret may make: what a tenant writes in one line is multiplied by keys, Secrets and stores.
import t from 'tap'
import { PushSecret } from '#api'
import { Sensitive } from '#core'
import { applied, type ItemPush, planPush, thereIn } from '#materialize'
import { effortMs } from '../../support/effort.ts'

const engine = {
  renderEach: async (): Promise<never> => {
    throw new Error('the engine was asked')
  },
}
const many = <T>(count: number, one: (index: number) => T) => Array.from({ length: count }, (_, index) => one(index))
const keyed = (count: number, text = 'v') =>
  new Map(many(count, index => [`k${index.toString(36)}`, Sensitive.text(text)] as const))
const whole = (index: number, more: object = {}) => ({ match: { remoteRef: { remoteKey: `/i${index}` } }, ...more })

interface Stage {
  readonly spec: object
  readonly sources?: readonly ReadonlyMap<string, Sensitive>[]
  readonly stores?: number
}
const plan = ({ spec, sources = [keyed(2)], stores = 1 }: Stage) => {
  const refs = many(stores, index => ({ name: `s${index}` }))
  const object = PushSecret.parse({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'push' },
    spec: { secretStoreRefs: refs, selector: { secret: { name: 'source' } }, ...spec },
  })
  const dataTo = new Set(object.spec.dataTo?.keys())
  return planPush(
    object.spec,
    sources.map((values, index) => ({ name: `source-${index}`, values })),
    refs.map(({ name }) => ({ kind: 'SecretStore' as const, name, dataTo })),
    engine,
  )
}
const itemsOf = async (stage: Stage): Promise<readonly ItemPush[]> => {
  const made = await plan(stage)
  if ('faults' in made) throw new Error(made.faults.map(fault => fault.line()).join('; '))
  return made.items
}
const linesOf = async (stage: Stage): Promise<readonly string[]> => {
  const made = await plan(stage)
  return 'faults' in made ? made.faults.map(fault => `${fault.code} ${fault.line()}`) : [`${made.items.length} items`]
}

const split = ' → split it into several PushSecrets'
const tooManyItems = (count: number) =>
  `SecretTooLarge spec: makes at least ${count} items, all stores together; 1000 are allowed${split}`
const tooManyKeys = `SecretTooLarge spec: pushes more than 100000 keys, all entries and stores together${split}`
const tooLong = `SecretTooLarge spec: pushes more items, or longer names and metadata, than a status can hold${split}`
const reverse = { conversionStrategy: 'ReverseUnicode' }
const dataTo = [{ storeRef: { name: 's0' } }]

const cases: readonly (Stage & { readonly name: string; readonly want: string })[] = [
  { name: 'a thousand items', spec: { data: many(1_000, whole) }, want: '1000 items' },
  { name: 'a thousand of ten stores', spec: { data: many(100, whole) }, stores: 10, want: '1000 items' },
  { name: 'one more entry', spec: { data: many(101, whole) }, stores: 10, want: tooManyItems(1_010) },
  { name: 'a thousand keys', spec: { dataTo }, sources: [keyed(1_000)], want: '1000 items' },
  { name: 'thirty thousand keys', spec: { dataTo }, sources: [keyed(30_000)], want: tooManyItems(30_000) },
  { name: 'keys in several stores', spec: { dataTo }, sources: [keyed(400)], stores: 3, want: tooManyItems(1_200) },
  {
    name: 'keys of several Secrets',
    spec: { dataTo },
    sources: many(3, index => new Map([...keyed(400)].map(([key, value]) => [`${key}-${index}`, value]))),
    want: tooManyItems(1_200),
  },
  {
    name: 'keys beside entries',
    spec: { data: many(999, whole), dataTo },
    sources: [keyed(2)],
    want: tooManyItems(1_001),
  },
  {
    name: 'many keys in one item are one item',
    spec: { dataTo: [{ storeRef: { name: 's0' }, remoteKey: 'all' }] },
    sources: [keyed(30_000)],
    want: '1 items',
  },
  {
    name: 'bundles in every store',
    spec: { dataTo: many(101, index => ({ storeRef: { name: 's0' }, remoteKey: `b${index}` })) },
    stores: 10,
    want: tooManyItems(1_010),
  },
  {
    name: 'whole Secrets up to a hundred thousand keys',
    spec: { data: many(5, whole) },
    sources: [keyed(20_000)],
    want: '5 items',
  },
  {
    name: 'and no more of them',
    spec: { data: many(300, index => whole(index, reverse)) },
    sources: [keyed(20_000)],
    want: tooManyKeys,
  },
  { name: 'stores count', spec: { data: many(2, whole) }, sources: [keyed(20_000)], stores: 3, want: tooManyKeys },
  {
    name: 'entries that match nothing count for each Secret',
    spec: { dataTo: many(900, () => ({ storeRef: { name: 's0' }, remoteKey: 'all', match: { regexp: '^x' } })) },
    sources: many(1_000, () => keyed(1)),
    want: tooManyKeys,
  },
  {
    name: 'what the status keeps',
    spec: { data: many(10, index => whole(index, { metadata: { note: 'x'.repeat(10_000) } })) },
    stores: 10,
    want: tooLong,
  },
  {
    name: 'what it keeps of several Secrets, once',
    spec: { data: [whole(0, { metadata: { note: 'x'.repeat(10_000) } })] },
    sources: many(200, index => new Map([[`k${index}`, Sensitive.text('v')]])),
    want: '1 items',
  },
]
for (const { name, want, ...stage } of cases)
  t.test(name, async t => {
    const started = effortMs()
    t.same(await linesOf(stage), [want])
    // the slowest takes a fifth; what was multiplied took minutes, or all memory
    t.ok(effortMs() - started < 1_500)
  })

t.test('equal forms of a Secret are one object, whatever entries and stores there are', async t => {
  const big = new Map([['k', Sensitive.text('x'.repeat(1_000_000))]])
  const encoded = { metadata: { encoding: 'base64' } }
  const data = many(500, index => ({
    match: { ...(index % 2 ? { secretKey: 'k' } : {}), remoteRef: { remoteKey: `/i${index}` } },
    ...encoded,
  }))
  const items = await itemsOf({ spec: { data }, sources: [big], stores: 2 })
  const gives = items.flatMap(({ parts }) => parts.map(part => part.gives))
  t.equal(gives.length, 1_000)
  const values = gives.flatMap(given => (given.is === 'value' ? [given.value] : [...given.members.values()]))
  t.equal(new Set(values).size, 1)
  t.equal(new Set(gives.flatMap(given => (given.is === 'members' ? [given.members] : []))).size, 1)
})

t.test('no more than a hundred faults are made, however many keys and entries are wrong', async t => {
  const bad = new Map([...keyed(20_000)].map(([key]) => [key, Sensitive.bytes(Buffer.from([0xff]))]))
  const started = effortMs()
  t.equal((await linesOf({ spec: { data: many(900, whole) }, sources: [bad, bad] })).length, 100)
  t.ok(effortMs() - started < 1_500)
})

t.test('a thousand properties of one item are planned, looked for and written in one go', async t => {
  const property = (index: number) => ({
    match: { secretKey: 'k0', remoteRef: { remoteKey: '/one', property: `p${index}` } },
  })
  const started = effortMs()
  const [push] = await itemsOf({ spec: { data: many(1_000, property) }, sources: [keyed(1)] })
  const existing = Sensitive.text(
    JSON.stringify(Object.fromEntries(many(40_000, index => [`x${index}`, 'v'.repeat(20)]))),
  )
  const made = push && applied(push, push.parts, existing)
  t.equal(made instanceof Sensitive && Object.keys(JSON.parse(made.reveal().toString())).length, 41_000)
  t.equal(push?.parts.filter(thereIn(existing)).length, 0)
  // each of them read the whole item: half a minute
  t.ok(effortMs() - started < 3_000)
})
