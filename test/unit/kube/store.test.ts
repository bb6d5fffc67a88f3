import fc from 'fast-check'
import t from 'tap'
import { type Change, createMirror } from '../../../pkg/kube/mirror.ts'
import { createStore } from '../../../pkg/kube/store.ts'

const entry = (key: string, stores: readonly string[]) => ({
  key,
  uid: 'u',
  resourceVersion: '1',
  object: { key, stores },
})
const byStore = { store: (object: { key: string; stores: readonly string[] }) => object.stores }

t.test('files each object under the values of now, and no other', async () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.record({ key, stores: fc.uniqueArray(fc.constantFrom('x', 'y', 'z')), remove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step), steps => {
      const store = createStore(byStore)
      const model = new Map<string, readonly string[]>()
      for (const { key, stores, remove } of steps) {
        if (remove) {
          store.remove(key)
          model.delete(key)
        } else {
          store.put(entry(key, stores))
          model.set(key, stores)
        }
      }
      return ['x', 'y', 'z'].every(value => {
        const want = [...model].filter(([, stores]) => stores.includes(value)).map(([name]) => name)
        const got = store.snapshot.by('store', value).map(object => object.key)
        return got.sort().join() === want.sort().join()
      })
    }),
  )
})

t.test('says so when an index does not exist', async t => {
  t.throws(() => createStore().snapshot.by('nope', 'x'), { message: 'no index nope' })
})

const object = (name: string, resourceVersion: string, uid = `uid-${name}`) => ({
  metadata: { name, namespace: 'ns', uid, resourceVersion, managedFields: [{ manager: 'x' }] },
})

const mirror = (onChange: (change: Change<unknown>) => unknown = () => {}) => {
  const changes: string[] = []
  const errors: unknown[] = []
  const made = createMirror<unknown>({
    transform: raw => raw,
    onChange: change => {
      changes.push(`${change.type} ${change.key}`)
      return onChange(change)
    },
    onError: error => errors.push(error),
  })
  return { ...made, changes, errors }
}

t.test('tells a version once, and the second time not', async t => {
  const m = mirror()
  t.ok(m.put(object('a', '1')))
  t.notOk(m.put(object('a', '1')))
  t.ok(m.put(object('a', '2')))
  t.strictSame(m.changes, ['added ns/a', 'updated ns/a'])
})

t.test('tells a deletion that nobody saw: the name has another uid', async t => {
  const m = mirror()
  m.put(object('a', '1'))
  m.put(object('a', '5', 'another'))
  t.strictSame(m.changes, ['added ns/a', 'deleted ns/a', 'added ns/a'])
})

t.test('removes what a complete list does not name', async t => {
  const m = mirror()
  for (const name of ['a', 'b', 'c']) m.put(object(name, '1'))
  t.equal(m.retain(new Set(['ns/b'])), 2)
  t.equal(m.snapshot.list().length, 1)
  t.strictSame(m.changes.slice(3), ['deleted ns/a', 'deleted ns/c'])
})

t.test('keeps no managedFields', async t => {
  const m = mirror()
  m.put(object('a', '1'))
  t.notMatch(JSON.stringify(m.snapshot.get('ns/a')), /managedFields/)
})

t.test('survives handlers that throw or reject, and reports them', async t => {
  const thrown = mirror(() => {
    throw new Error('handler')
  })
  t.ok(thrown.put(object('a', '1')))
  t.match(thrown.errors, [{ message: 'handler' }])
  const rejected = mirror(async () => {
    throw new Error('later')
  })
  t.ok(rejected.put(object('a', '1')))
  await new Promise(setImmediate)
  t.match(rejected.errors, [{ message: 'later' }])
})

t.test('keeps what it knew of an object that it cannot read any more', async t => {
  const errors: unknown[] = []
  const m = createMirror<string>({
    transform: raw => {
      const version = JSON.stringify(raw).match(/"resourceVersion":"(\d)"/)?.[1]
      if (version === '2') throw new Error('unreadable')
      return version
    },
    onError: error => errors.push(error),
  })
  m.put(object('a', '1'))
  t.notOk(m.put(object('a', '2')))
  t.equal(m.snapshot.get('ns/a'), '1')
  t.equal(errors.length, 1)
  m.put(object('a', '3'))
  t.equal(m.snapshot.get('ns/a'), '3')
})
