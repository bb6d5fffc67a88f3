import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process as it can be recognised later: process ids are used again, the start time tells two apart. */
export interface ProcessMark {
  readonly pid: number
  readonly started: string
}

/** When the process started, in the system's own words; undefined when there is no such process. */
const startOf = (pid: number): string | undefined => {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // the second field is the command in brackets and may hold blanks: count from the last bracket
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? undefined : fields[19]
    } catch {
      return undefined
    }
  }
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return text.trim().replaceAll(/[^0-9A-Za-z]+/g, '-') || undefined
  } catch {
    return undefined
  }
}

/** The mark of a running process; undefined when there is none with this id. */
export const markOf = (pid: number): ProcessMark | undefined => {
  const started = startOf(pid)
  return started === undefined ? undefined : { pid, started }
}

/** True while the very process that the mark was taken of runs. */
export const isRunning = (mark: ProcessMark): boolean => startOf(mark.pid) === mark.started
