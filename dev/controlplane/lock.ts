import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, markOf, type ProcessMark } from './process-mark.ts'

/** Who holds a lock; a holder on another machine (a shared home folder) cannot be checked and counts as alive. */
export interface Holder extends ProcessMark {
  readonly host: string
}

const fileOf = (holder: Holder): string => `${holder.pid}@${holder.started}@${holder.host}`

const holderOf = (file: string): Holder | undefined => {
  const [pid, started, host] = file.split('@')
  return pid && started && host ? { pid: Number(pid), started, host } : undefined
}

const self = (): Holder => {
  const mark = markOf(process.pid)
  return { pid: process.pid, started: mark?.started ?? 'unknown', host: hostname().replaceAll('@', '-') }
}

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const hasCode = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))

/**
 * Takes the lock by renaming a prepared folder with the holder's name in it onto the lock's path: the system refuses
 * that while the folder there has an entry, and allows it when it is empty or missing. So taking is one step, and a
 * dead holder is removed by deleting exactly its own entry, which cannot hit a newer holder. False when it is held.
 */
export const tryTake = (path: string): boolean => {
  const prepared = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  mkdirSync(prepared, { recursive: true })
  writeFileSync(join(prepared, fileOf(self())), '')
  try {
    renameSync(prepared, path)
    return true
  } catch (error) {
    rmSync(prepared, { recursive: true, force: true })
    if (hasCode(error, ['ENOTEMPTY', 'EEXIST'])) return false
    throw error
  }
}

/** Gives up a lock that this process holds. */
export const release = (path: string): void => {
  rmSync(join(path, fileOf(self())), { force: true })
  try {
    rmdirSync(path)
  } catch (error) {
    // somebody took it in between
    if (!hasCode(error, ['ENOTEMPTY', 'EEXIST', 'ENOENT'])) throw error
  }
}

/** The live holder of the lock, after the entries of dead ones were removed. */
export const liveHolder = (path: string): Holder | undefined => {
  for (const file of entries(path)) {
    const holder = holderOf(file)
    if (holder && (holder.host !== self().host || isRunning(holder))) return holder
    rmSync(join(path, file), { force: true })
  }
  return undefined
}

/** Waits for the lock, then runs `work` under it; `onWait` hears who holds it, at each look. */
export const withLock = async <T>(
  path: string,
  work: () => Promise<T>,
  options: { onWait?: (holder: Holder) => void; signal?: AbortSignal | undefined; everyMs?: number } = {},
): Promise<T> => {
  while (!tryTake(path)) {
    options.signal?.throwIfAborted()
    const holder = liveHolder(path)
    if (!holder) continue
    options.onWait?.(holder)
    await sleep(options.everyMs ?? 250, undefined, options.signal ? { signal: options.signal } : {})
  }
  try {
    return await work()
  } finally {
    release(path)
  }
}
