import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process that is measured. */
export interface Measured {
  readonly pid: number
  /** performance.now() at the spawn. */
  readonly spawnedAt: number
  /** performance.now() when it said that it is ready; fails when it ends before. */
  readonly ready: Promise<number>
  stop(): Promise<void>
}

/** Resident memory in MiB, as the kernel counts it. */
export const residentMiB = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024

// USER_HZ, the same on every Linux that Node supports
const tickMs = 10

/** Processor time used so far in milliseconds; undefined where there is no /proc. */
export const cpuMs = (pid: number): number | undefined => {
  try {
    // the second field, the name, may hold spaces
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * tickMs
  } catch {
    return undefined
  }
}
