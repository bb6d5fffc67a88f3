import t from 'tap'
import { createStatusMemory } from '../../../pkg/reconcile/memory.ts'

const seen = (resourceVersion: string, status?: object, uid = 'u') => ({
  metadata: { uid, resourceVersion },
  ...(status && { status }),
})

const made = (version: string, generation?: number) => ({ version, generation })

t.test('what was written is there until the watch shows it, whatever the watch shows before', async t => {
  const memory = createStatusMemory()
  memory.note('a', seen('7'), { refreshTime: 'now' }, made('9'))
  const written = { metadata: { uid: 'u', resourceVersion: '9' }, status: { old: 1, refreshTime: 'now' } }
  t.same(memory.read('a', seen('7', { old: 1 })), written)
  t.same(memory.read('a', seen('8', { old: 1 })), written, 'an edit that came before it')
  t.same(memory.read('a', seen('10', { old: 1 })), seen('10', { old: 1 }), 'somebody took it away again')
  t.same(memory.read('a', seen('8')), seen('8'), 'and then it is forgotten')
})

t.test('one write is laid on the other, of the same object', async t => {
  const memory = createStatusMemory()
  memory.note('a', seen('1'), { x: 1, y: 1 }, made('2'))
  memory.note('a', seen('2'), { y: 2 }, made('10'))
  t.same(memory.read('a', seen('1')), { ...seen('10'), status: { x: 1, y: 2 } }, 'versions are numbers')
  memory.note('a', seen('1', {}, 'v'), { z: 3 }, made('12'))
  t.same(memory.read('a', seen('1', {}, 'v')), { ...seen('12', {}, 'v'), status: { z: 3 } })
  t.same(memory.read('a', seen('1')), seen('1'), 'another object of the name')
})

t.test('of an object that is gone nothing was written', async t => {
  const memory = createStatusMemory()
  memory.note('a', seen('1'), { x: 1 }, undefined)
  t.same(memory.read('a', seen('1')), seen('1'))
})
