import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openFamily } from '../../../dev/controlplane/family.ts'
import { startControlPlane } from '../../../dev/controlplane/index.ts'
import { isRunning, markOf } from '../../../dev/controlplane/process-mark.ts'
import { binaryNames } from '../../../dev/controlplane/versions.ts'

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
console.log(family.start('child', '/bin/sh', ['-c', 'sleep 60']).pid)
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
  const left = spawn('/bin/sh', ['-c', 'sleep 60'], { stdio: 'ignore' })
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

t.test('a control plane whose etcd fails shows its last words and leaves nothing running', async t => {
  const base = t.testdir({ bin: Object.fromEntries(binaryNames.map(name => [name, '#!/bin/sh\nexec sleep 60\n'])) })
  const etcd = join(base, 'bin', 'etcd')
  writeFileSync(etcd, '#!/bin/sh\necho "panic: the disk is full"; exit 3\n')
  for (const name of binaryNames) chmodSync(join(base, 'bin', name), 0o755)
  const start = () => startControlPlane({ binaries: join(base, 'bin'), state: join(base, 'state') })
  const wanted = {
    message: /^etcd did not stay up: exit code 3 → its last words \(.*etcd\.log\):\n {2}panic: the disk is full$/,
  }
  await t.rejects(start(), wanted)
  t.notOk(existsSync(join(base, 'state', 'children.json')))
  await t.rejects(start(), wanted, 'the folder is free again')
  const waiting = { binaries: join(base, 'bin'), state: join(base, 'state'), readyTimeoutMs: 200 }
  writeFileSync(etcd, '#!/bin/sh\necho waiting; exec sleep 60\n')
  const late = startControlPlane(waiting)
  await t.rejects(startControlPlane(waiting), {
    message: /state is in use by process \d+ → stop it, or choose another/,
  })
  await t.rejects(late, { message: /not ready within 0\.2 s → last words of .*etcd\.log:\n {2}waiting/ })
})

t.test('marks tell running processes from others', async t => {
  const mark = markOf(process.pid)
  t.ok(mark && isRunning(mark))
  t.notOk(isRunning({ pid: process.pid, started: '0' }))
})
