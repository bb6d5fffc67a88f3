import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { withLock } from '../../../dev/controlplane/lock.ts'
import { isRunning, markOf } from '../../../dev/controlplane/process-mark.ts'

const host = hostname().replaceAll('@', '-')

t.test('work under one lock never overlaps, and the lock goes away after it', async t => {
  const path = join(t.testdir({}), 'lock')
  let inside = 0
  const work = async () => {
    inside++
    await new Promise(done => setImmediate(done))
    t.equal(inside, 1)
    inside--
  }
  await Promise.all(Array.from({ length: 8 }, () => withLock(path, work, { everyMs: 1 })))
  t.notOk(existsSync(path))
})

t.test('the lock is given up when the work fails', async t => {
  const path = join(t.testdir({}), 'lock')
  await t.rejects(
    withLock(path, () => Promise.reject(new Error('failed'))),
    { message: 'failed' },
  )
  t.notOk(existsSync(path))
})

t.test('the lock of a process that is gone is taken over', async t => {
  const folder = t.testdir({ lock: {}, empty: {} })
  const child = spawn('/bin/sh', ['-c', 'read _'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const mark = markOf(child.pid ?? 0)
  t.ok(mark && isRunning(mark))
  child.stdin.end()
  await once(child, 'exit')
  t.notOk(mark && isRunning(mark))
  writeFileSync(join(folder, 'lock', `${mark?.pid}@${mark?.started}@${host}`), '')
  t.equal(await withLock(join(folder, 'lock'), async () => 'done'), 'done')
  t.equal(await withLock(join(folder, 'empty'), async () => 'done'), 'done', 'one that crashed while giving it up')
  t.strictSame(readdirSync(folder), [])
})

t.test('a process id that was used again does not count as the holder', async t => {
  const folder = t.testdir({ lock: {} })
  writeFileSync(join(folder, 'lock', `${process.pid}@1@${host}`), '')
  t.equal(await withLock(join(folder, 'lock'), async () => 'done'), 'done')
})

t.test('a holder on another machine is waited for, named, until the caller gives up', async t => {
  const path = join(t.testdir({}), 'lock')
  mkdirSync(path)
  writeFileSync(join(path, '7@8@elsewhere'), '')
  const controller = new AbortController()
  const onWait = (holder: { pid: number; host: string }) => {
    t.match(holder, { pid: 7, host: 'elsewhere' })
    controller.abort(new Error('enough'))
  }
  await t.rejects(withLock(path, async () => t.fail('must not run'), { onWait, signal: controller.signal }))
  t.strictSame(readdirSync(path), ['7@8@elsewhere'])
})
