import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openFamily } from '../../../dev/controlplane/family.ts'
import { isRunning, markOf } from '../../../dev/controlplane/process-mark.ts'

const gone = async (pid: number): Promise<boolean> => {
  for (const deadline = performance.now() + 8000; performance.now() < deadline; await sleep(20))
    if (markOf(pid) === undefined) return true
  return false
}

t.test('a process that does not hear SIGTERM is killed after the grace time', async t => {
  const family = await openFamily(t.testdir({}))
  const deaf = family.start('deaf', '/bin/sh', ['-c', "trap '' TERM; echo up; while :; do sleep 1; done"])
  while (!readFileSync(deaf.log, 'utf8').includes('up')) await sleep(10)
  await family.end([deaf], 100)
  t.equal(await deaf.ended, 'ended by SIGKILL')
  await family.close()
})

// The family of a process that is killed without notice: the worst that can happen to `npm start`.
const parent = `
import { openFamily } from ${JSON.stringify(join(import.meta.dirname, '../../../dev/controlplane/family.ts'))}
const family = await openFamily(process.argv[1])
console.log(family.start('child', '/bin/sh', ['-c', 'exec sleep 60']).pid)
process.stdin.resume().on('end', () => process.exit(0))
`
for (const how of ['SIGKILL', 'SIGINT', 'exit'] as const)
  t.test(`children end when their parent ends by ${how}`, async t => {
    const args = ['--input-type=module', '-e', parent, t.testdir({})]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const pid = Number((await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()).value)
    t.ok(markOf(pid), 'the grandchild runs')
    if (how === 'exit') child.stdin.end()
    else child.kill(how)
    t.ok(await gone(pid), 'the grandchild is gone')
  })

t.test('the next start on the same folder ends what was left behind, and nothing else', async t => {
  const folder = t.testdir({})
  const left = spawn('/bin/sh', ['-c', 'exec sleep 60'], { stdio: 'ignore' })
  const other = spawn('/bin/sh', ['-c', 'read _'], { stdio: ['pipe', 'ignore', 'ignore'] })
  t.teardown(() => other.stdin.end())
  const marks = [markOf(left.pid ?? 0), { pid: other.pid, started: '1' }, { pid: 'x' }]
  writeFileSync(join(folder, 'children.json'), JSON.stringify(marks))
  const family = await openFamily(folder)
  t.ok(await gone(left.pid ?? 0), 'the one with the right start time')
  t.ok(markOf(other.pid ?? 0), 'not the one whose id was used again')
  await family.close()
  t.notOk(existsSync(join(folder, 'children.json')))
})

t.test('marks tell running processes from others', async t => {
  const mark = markOf(process.pid)
  t.ok(mark && isRunning(mark))
  t.notOk(isRunning({ pid: process.pid, started: '0' }))
})
