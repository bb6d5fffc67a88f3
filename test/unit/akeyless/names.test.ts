import type { LookupAddress } from 'node:dns'
import t from 'tap'
import { createNames } from '../../../pkg/akeyless/names.ts'

const address: LookupAddress = { address: '192.0.2.1', family: 4 }
const silence = { code: 'EAI_AGAIN' }
const turn = () => new Promise(resolve => setImmediate(resolve))

/** A resolver that answers when told to, and a clock. */
const world = (threads?: number, patienceMs = 30) => {
  const clock = { now: 0 }
  const asked: string[] = []
  const open = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>()
  const look = (name: string) =>
    new Promise<readonly LookupAddress[]>((resolve, reject) => {
      asked.push(name)
      if (name.endsWith('.good')) return resolve([address])
      open.set(name, { resolve: () => resolve([address]), reject })
    })
  const names = createNames({ now: () => clock.now, threads, look, patienceMs })
  return { clock, asked, open, names }
}

t.test('many who want one name share one search', async t => {
  const { names, asked, open } = world()
  const all = [...Array(20)].map(() => names.find('a'))
  open.get('a')?.resolve()
  t.same(await Promise.all(all), Array(20).fill([address]))
  t.same(asked, ['a'])
})

t.test('a name that nobody answers for is not waited for, and rests for a minute', async t => {
  const { names, asked, open, clock } = world()
  await t.rejects(names.find('a'), silence)
  await t.rejects(names.find('a'), silence)
  t.same(asked, ['a'])
  clock.now += 60_001
  await t.rejects(names.find('a'), silence)
  t.same(asked, ['a'], 'the search is still under way: another one would take another thread')
  open.get('a')?.reject(new Error('timeout'))
  await turn()
  const second = names.find('a')
  open.get('a')?.resolve()
  t.same(await second, [address])
  t.equal(asked.length, 2)
})

t.test('a name that does not exist is asked for again, because that costs no time', async t => {
  const { names, asked, open } = world()
  for (const _ of [1, 2]) {
    const found = names.find('a')
    open.get('a')?.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
    await t.rejects(found, { code: 'ENOTFOUND' })
    await turn()
  }
  t.same(asked, ['a', 'a'])
})

t.test('names without an answer leave room for names that were found before', async t => {
  const { names, asked } = world(32)
  await names.find('old.good')
  const hanging = [...Array(100)].map((_, index) => t.rejects(names.find(`${index}.slow`), silence))
  t.equal(asked.length, 1 + 12, 'three in four of the sixteen that libuv runs at once')
  t.same(await names.find('old.good'), [address])
  await Promise.all(hanging)
  t.equal(asked.length, 14, 'who waited too long for a turn is not searched for')
})

t.test('a new name has its turn as soon as one ends', async t => {
  const { names, asked, open } = world(4, 10_000)
  const first = names.find('slow')
  const second = names.find('new.good')
  await turn()
  t.same(asked, ['slow'])
  open.get('slow')?.resolve()
  t.same(await Promise.all([first, second]), [[address], [address]])
  t.same(asked, ['slow', 'new.good'])
})

t.test('who had no turn in time is searched for the next time', async t => {
  const { names, asked, open } = world(4)
  const late = [t.rejects(names.find('slow'), silence), t.rejects(names.find('new.good'), silence)]
  await Promise.all(late)
  open.get('slow')?.reject(new Error('timeout'))
  await turn()
  t.same(await names.find('new.good'), [address])
  t.same(asked, ['slow', 'new.good'])
})
