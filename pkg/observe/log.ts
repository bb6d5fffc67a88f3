import { type DestinationStream, type Level, pino } from 'pino'
import { asFault, Fault } from '#core'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const satisfies readonly Level[]
export type LogLevel = (typeof logLevels)[number]

// A field that is not named here does not reach the log: an allow-list cannot forget a secret (security.md T24).
const fields = {
  kind: 'text',
  namespace: 'text',
  name: 'text',
  operation: 'text',
  code: 'text',
  reason: 'text',
  step: 'text',
  role: 'text',
  url: 'text',
  address: 'text',
  status: 'number',
  count: 'number',
  tookMs: 'number',
  afterMs: 'number',
  notAfter: 'text',
  fault: 'fault',
} as const satisfies Record<string, 'text' | 'number' | 'fault'>

interface FieldTypes {
  text: string
  number: number
  /** Anything that was thrown. */
  fault: unknown
}

/** Typed so that a misspelt field does not compile; at run time an unlisted one is dropped. */
export type Fields = { readonly [F in keyof typeof fields]?: FieldTypes[(typeof fields)[F]] | undefined }

export interface Log {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
  /** The same log with fields that every line carries. */
  with(fields: Fields): Log
}

// Names and paths are short; a long text in a field is data that lost its way.
const longestText = 512

/**
 * `file.ts:12:3` of the innermost frame: where it happened. The words of the error may quote a value and may even look
 * like a frame, so they are cut off first; where they cannot be found, there is no place.
 */
const frame = ({ stack = '', message }: Error): string | undefined => {
  const words = stack.indexOf(message)
  const frames = words < 0 ? '' : stack.slice(words + message.length)
  return /^\s+at .*?([^/\\(\s]+:\d+:\d+)\)?$/m.exec(frames)?.[1]
}

const foreign = (thrown: unknown): object => {
  if (!(thrown instanceof Error)) return { error: typeof thrown }
  const code = 'code' in thrown && typeof thrown.code === 'string' && /^[A-Z0-9_]{1,40}$/.test(thrown.code)
  const name = /^\w{1,60}$/.test(thrown.name) ? thrown.name : 'Error'
  return { error: name, at: frame(thrown), ...(code ? { errorCode: thrown.code } : {}) }
}

/** A Fault by its own words, which are ours; of anything else only its class, its errno and its place. */
const showFault = (thrown: unknown): object => {
  const fault = asFault(thrown)
  const own = { code: fault.code, path: fault.path, message: fault.message, remedy: fault.remedy }
  if (thrown instanceof Fault) return fault.cause === undefined ? own : { ...own, cause: foreign(fault.cause) }
  return { code: fault.code, ...foreign(thrown) }
}

const show = (field: string, value: unknown): unknown => {
  if (!Object.hasOwn(fields, field)) return undefined
  const type = fields[field as keyof typeof fields] // hasOwn has just shown it; TypeScript does not narrow by it
  if (type === 'fault') return value === undefined ? undefined : showFault(value)
  if (type === 'text') return typeof value === 'string' ? value.slice(0, longestText) : undefined
  return typeof value === type ? value : undefined
}

const allowed = (given: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).map(([field, value]) => [field, show(field, value)]))

const wrap = (logger: pino.Logger): Log => {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, given: Fields = {}): void => {
      if (logger.isLevelEnabled(level)) logger[level](allowed(given), message)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: given => wrap(logger.child(allowed(given))),
  }
}

/** JSON lines: `level` as a word, `time` as ISO 8601, `msg`, then the allowed fields. Without `to`, standard output. */
export const createLog = (deps: { level: LogLevel; to?: DestinationStream }): Log =>
  wrap(
    pino(
      {
        level: deps.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: label => ({ level: label }) },
      },
      deps.to ?? pino.destination({ dest: 1, sync: true }),
    ),
  )
