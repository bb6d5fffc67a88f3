import { Sensitive } from '#core'
import type { Line } from './line.ts'
import { unavailable } from './unavailable.ts'

/** What the flows may touch: all of it is handed in. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file; rejects as node:fs does. */
  readonly readFile: (path: string) => Promise<string>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Rejects with the reason of the signal when that fires first. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly line: Line
}

/** A value with the time when it ends, in milliseconds since 1970; 0 where that is unknown, which means now. */
export interface Lasting<T> {
  readonly value: T
  readonly endsAt: number
}

/** A variable of the environment without space around it; one that is empty is not set. */
export const variable = ({ env }: Pick<World, 'env'>, name: string): string | undefined =>
  env[name]?.trim() || undefined

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EISDIR: 'is a folder',
}

/** The text of the file that a variable of the environment names. Throws IdentityUnavailable; the path is no secret, the text may be. */
export const fileOf = async (world: World, name: string, path: string): Promise<Sensitive> => {
  let text: string
  try {
    text = await world.readFile(path)
  } catch (thrown) {
    const code = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined
    const reason = (typeof code === 'string' && reasons[code]) || 'cannot be read'
    throw unavailable(`the file ${path} that ${name} names ${reason}`, `mount the file, or correct ${name}`)
  }
  if (text.trim() === '')
    throw unavailable(`the file ${path} that ${name} names is empty`, `fill the file, or correct ${name}`)
  return Sensitive.text(text.trim())
}
