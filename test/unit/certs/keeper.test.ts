import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { type CaStore, createKeeper, type Pair, randomSources, readBundle, type Stored, type StoredCa } from '#certs'

const day = 86_400e3
const signal = new AbortController().signal
const names = { dns: ['localhost'], ip: ['127.0.0.1'] }

/** What the API server promises about one Secret: versions, and one winner. */
const memoryStore = () => {
  let held: Stored | undefined
  let versions = 0
  let away = false
  const put = (ca: StoredCa): 'written' => {
    versions += 1
    held = { certs: ca.certs, key: ca.key, version: String(versions) }
    return 'written'
  }
  const reach = async () => {
    await new Promise(setImmediate)
    if (away) throw new Error('away')
  }
  const store: CaStore = {
    async load() {
      await reach()
      return held
    },
    async create(ca) {
      await reach()
      return held ? 'conflict' : put(ca)
    },
    async replace(ca, version) {
      await reach()
      return held?.version === version ? put(ca) : 'conflict'
    },
  }
  return {
    store,
    held: () => held,
    set: (next: Stored | undefined) => {
      held = next
    },
    setAway: (next: boolean) => {
      away = next
    },
    writes: () => versions,
  }
}

const replica = (store: CaStore, clock: { now: Date }) => {
  const bundles: string[] = []
  const leaves: Pair[] = []
  const order: string[] = []
  let refuse = false
  const keeper = createKeeper({
    store,
    sources: randomSources(),
    now: () => clock.now,
    names,
    trust: async bundle => {
      if (refuse) throw new Error('refused')
      bundles.push(bundle)
      order.push('trust')
    },
    serve: leaf => {
      leaves.push(leaf)
      order.push('serve')
    },
    told: step => order.push(step),
  })
  return {
    check: () => keeper.check(signal),
    bundles,
    leaves,
    order,
    refuseTrust: (next: boolean) => {
      refuse = next
    },
  }
}

const trusts = (bundle: string | undefined, leaf: Pair | undefined): boolean => {
  const cert = new X509Certificate(leaf?.cert ?? '')
  return readBundle(bundle ?? '').some(ca => cert.checkIssued(ca) && cert.verify(ca.publicKey))
}

const start = () => ({ now: new Date('2026-01-01T00:00:00Z') })

t.test('the first check makes a CA, has it trusted, and only then serves', async t => {
  const memory = memoryStore()
  const one = replica(memory.store, start())
  await one.check()
  t.same(one.order, ['new-ca', 'trust', 'serve', 'new-leaf'])
  t.ok(trusts(one.bundles.at(-1), one.leaves.at(-1)))
  await one.check()
  t.equal(one.leaves.length, 1)
  t.equal(memory.writes(), 1)
})

t.test('two replicas that start at once agree on one CA', async t => {
  const memory = memoryStore()
  const clock = start()
  const [one, two] = [replica(memory.store, clock), replica(memory.store, clock)]
  await Promise.all([one.check(), two.check()])
  t.equal(memory.writes(), 1)
  t.ok(trusts(one.bundles.at(-1), two.leaves.at(-1)))
  t.ok(trusts(two.bundles.at(-1), one.leaves.at(-1)))
})

t.test(
  'two replicas that rotate at once agree, and at every moment each leaf is trusted by what either told',
  async t => {
    const memory = memoryStore()
    const clock = start()
    const replicas = [replica(memory.store, clock), replica(memory.store, clock)]
    const step = async (ms: number) => {
      clock.now = new Date(clock.now.getTime() + ms)
      await Promise.all(replicas.map(one => one.check()))
      for (const a of replicas) for (const b of replicas) t.ok(trusts(a.bundles.at(-1), b.leaves.at(-1)))
    }
    await step(0)
    for (let passed = 0; passed < 243; passed += 27) await step(27 * day)
    t.equal(memory.writes(), 1)
    await step(2 * day)
    t.equal(memory.writes(), 2, 'one of the two wrote the new CA')
    t.equal(readBundle(replicas[0]?.bundles.at(-1) ?? '').length, 2)
    const before = replicas.map(one => one.leaves.length)
    await step(60e3)
    t.same(
      replicas.map(one => one.leaves.length),
      before,
      'the new CA is only announced',
    )
    await step(300e3)
    t.same(
      replicas.map(one => one.leaves.length),
      before.map(n => n + 1),
    )
    await step(89 * day)
    t.equal(readBundle(replicas[0]?.bundles.at(-1) ?? '').length, 2)
    await step(3 * day)
    t.equal(readBundle(replicas[0]?.bundles.at(-1) ?? '').length, 1, 'the old CA is forgotten')
  },
)

t.test('a deleted Secret is put back as it was', async t => {
  const memory = memoryStore()
  const one = replica(memory.store, start())
  await one.check()
  const before = memory.held()?.certs
  memory.set(undefined)
  await one.check()
  t.equal(memory.held()?.certs, before)
  t.equal(one.leaves.length, 1)
})

t.test(
  'a Secret that another replica made anew is followed, the old CA stays trusted until the leaf changes',
  async t => {
    const memory = memoryStore()
    const clock = start()
    const one = replica(memory.store, clock)
    await one.check()
    memory.set(undefined)
    clock.now = new Date(clock.now.getTime() + day)
    await replica(memory.store, clock).check()
    await one.check()
    t.equal(one.leaves.length, 1)
    t.equal(readBundle(one.bundles.at(-1) ?? '').length, 2)
    t.ok(trusts(one.bundles.at(-1), one.leaves.at(-1)))
    clock.now = new Date(clock.now.getTime() + 400e3)
    await one.check()
    t.equal(one.leaves.length, 2)
    await one.check()
    t.equal(readBundle(one.bundles.at(-1) ?? '').length, 1)
  },
)

for (const [name, spoil] of [
  ['a certificate that is none', (held: Stored) => ({ ...held, certs: 'nonsense' })],
  ['a key of another CA', (held: Stored, other: Stored) => ({ ...held, key: other.key })],
] as const) {
  t.test(`a Secret with ${name} is repaired`, async t => {
    const [memory, other] = [memoryStore(), memoryStore()]
    const one = replica(memory.store, start())
    await Promise.all([one.check(), replica(other.store, start()).check()])
    const good = memory.held()
    const foreign = other.held()
    if (!good || !foreign) throw new Error('no CA was stored')
    memory.set(spoil(good, foreign))
    await one.check()
    t.equal(memory.held()?.certs, good.certs)
    memory.set(spoil(good, foreign))
    const fresh = replica(memory.store, start())
    await fresh.check()
    t.ok(trusts(memory.held()?.certs, fresh.leaves.at(-1)), 'a replica without memory makes a new CA')
  })
}

t.test('while the store is away the leaf is still renewed, and the check says what failed', async t => {
  const memory = memoryStore()
  const clock = start()
  const one = replica(memory.store, clock)
  await one.check()
  memory.setAway(true)
  clock.now = new Date(clock.now.getTime() + 61 * day)
  await t.rejects(one.check(), { message: 'away' })
  t.equal(one.leaves.length, 2)
})

t.test('a leaf of a new CA waits until the CA could be announced, unless the old leaf is dead', async t => {
  const memory = memoryStore()
  const clock = start()
  const one = replica(memory.store, clock)
  await one.check()
  clock.now = new Date(clock.now.getTime() + 200 * day)
  await one.check()
  clock.now = new Date(clock.now.getTime() + 45 * day)
  one.refuseTrust(true)
  const before = one.leaves.length
  for (const ms of [0, 400e3, day]) {
    clock.now = new Date(clock.now.getTime() + ms)
    await t.rejects(one.check(), { message: 'refused' })
  }
  t.equal(one.leaves.length, before)
  clock.now = new Date(clock.now.getTime() + 50 * day)
  await t.rejects(one.check(), { message: 'refused' })
  t.equal(one.leaves.length, before + 1)
})

t.test('checks that overlap are one check', async t => {
  const memory = memoryStore()
  const one = replica(memory.store, start())
  await Promise.all([one.check(), one.check(), one.check()])
  t.equal(one.bundles.length, 1)
})
