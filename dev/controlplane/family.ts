import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, markOf, type ProcessMark } from './process-mark.ts'

export interface Member {
  readonly name: string
  readonly pid: number
  readonly log: string
  /** Resolves when the process has ended, with a few words on how. Never rejects. */
  readonly ended: Promise<string>
  readonly hasEnded: () => boolean
}

/** Processes that do not outlive this one: see `openFamily`. */
export interface Family {
  start(name: string, command: string, args: readonly string[]): Member
  /** SIGTERM, and SIGKILL where that has no effect within `graceMs`. */
  end(members: readonly Member[], graceMs: number): Promise<void>
  /** Ends what is left at once and forgets the family. */
  close(): Promise<void>
}

// Reads the ids that live now, one line per change. Its input ends when this process does, even by SIGKILL: then it
// ends them. The signals of a terminal do not concern it.
const watchdog = `trap '' INT TERM HUP
pids=
while read -r line; do pids=$line; done
for pid in $pids; do kill -TERM "$pid" 2>/dev/null; done
[ -z "$pids" ] || sleep 2
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done`

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // it ended by itself
  }
}

const readMarks = (file: string): ProcessMark[] => {
  try {
    const marks: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return Array.isArray(marks) ? marks.filter(mark => typeof mark?.pid === 'number') : []
  } catch {
    return []
  }
}

/** Ends what an earlier owner of this folder left behind; ids that now belong to other processes are left alone. */
const sweep = async (file: string): Promise<void> => {
  const left = readMarks(file).filter(isRunning)
  for (const mark of left) signal(mark.pid, 'SIGTERM')
  const deadline = performance.now() + 3000
  while (left.some(isRunning) && performance.now() < deadline) await sleep(50)
  for (const mark of left.filter(isRunning)) signal(mark.pid, 'SIGKILL')
  while (left.some(isRunning) && performance.now() < deadline + 5000) await sleep(20)
  rmSync(file, { force: true })
}

const launch = (command: string, args: readonly string[], log: string): ChildProcess => {
  const file = openSync(log, 'w', 0o600)
  try {
    // a group of its own: Ctrl-C reaches only this process, which ends its family in order
    return spawn(command, args, { detached: true, stdio: ['ignore', file, file] })
  } finally {
    closeSync(file)
  }
}

/**
 * A group of processes with logs and a list of ids in `folder`. They end with this process however it ends: by its exit
 * handler, by a watchdog when it is killed, and by the sweep of the next family opened on the same folder.
 */
export const openFamily = async (folder: string): Promise<Family> => {
  const file = join(folder, 'children.json')
  await sweep(file)
  const members: Member[] = []
  const living = () => members.filter(member => !member.hasEnded())
  const guard = spawn('/bin/sh', ['-c', watchdog], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  guard.on('error', () => {})
  guard.stdin.on('error', () => {})
  const note = () => {
    const pids = living().map(member => member.pid)
    guard.stdin.write(`${pids.join(' ')}\n`)
    writeFileSync(file, JSON.stringify(pids.flatMap(pid => markOf(pid) ?? [])))
  }
  const killAll = () => {
    for (const member of living()) signal(member.pid, 'SIGKILL')
  }
  process.on('exit', killAll)

  const start = (name: string, command: string, args: readonly string[]): Member => {
    const log = join(folder, `${name}.log`)
    const child = launch(command, args, log)
    let over = false
    const ended = new Promise<string>(done => {
      child.on('error', error => done(`could not be started: ${error.message}`))
      child.on('exit', (code, by) => done(by === null ? `exit code ${code}` : `ended by ${by}`))
    }).then(how => {
      over = true
      note()
      return how
    })
    const member: Member = { name, pid: child.pid ?? 0, log, ended, hasEnded: () => over || child.pid === undefined }
    members.push(member)
    note()
    return member
  }

  const end = async (chosen: readonly Member[], graceMs: number): Promise<void> => {
    const left = chosen.filter(member => !member.hasEnded())
    for (const member of left) signal(member.pid, 'SIGTERM')
    const late = setTimeout(() => {
      for (const member of left.filter(each => !each.hasEnded())) signal(member.pid, 'SIGKILL')
    }, graceMs)
    await Promise.all(left.map(member => member.ended))
    clearTimeout(late)
  }

  const close = async (): Promise<void> => {
    const left = living()
    killAll()
    await Promise.all(left.map(member => member.ended))
    process.off('exit', killAll)
    guard.stdin.end()
    rmSync(file, { force: true })
  }

  return { start, end, close }
}
