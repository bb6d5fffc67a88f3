import { Sensitive } from '#core'
import { bytesOf, type Call, type Reply, readReplies, sizeOf, writeCalls } from './frame.ts'
import { type Lane, type LaneAnswer, type LaneOptions, openLane } from './lane.ts'
import { excess, type Problem, problemOf, stopped } from './problem.ts'
import { loadEngine, type Source } from './source.ts'
import { openThread, type SetTimer } from './thread.ts'

/** One Go text/template with the functions of compatibility.md §3. */
export interface Template {
  /** The key that it fills; the text can call itself by this name, as in ESO. */
  readonly name: string
  readonly text: string | Sensitive
  /** `text`: what it prints. `pairs`: what it prints, read as a YAML map of texts (KeysAndValues). */
  readonly gives: 'text' | 'pairs'
  /** `refuse`, unless given: a missing key is a problem. `print`: it becomes `<no value>`, as in rewrite transform. */
  readonly missing?: 'refuse' | 'print'
}

export type Rendered =
  | { readonly is: 'text'; readonly text: Sensitive }
  | { readonly is: 'pairs'; readonly pairs: ReadonlyMap<string, Sensitive> }

/** Everything that was asked for, in order; or all that is wrong. */
export type Outcome<T> = { readonly results: readonly T[] } | { readonly problems: readonly Problem[] }

/**
 * Go templates and gjson paths, exact and in a sandbox. The first request starts a thread (some 150 ms); without requests
 * there is none. Requests wait for one another, and one that breaks its thread breaks only itself. Never rejects.
 */
export interface Engine {
  render(values: ReadonlyMap<string, Sensitive>, templates: readonly Template[]): Promise<Outcome<Rendered>>
  /** Several templates, each over values of its own, in one request and within the time of one. */
  renderEach(
    jobs: readonly { readonly values: ReadonlyMap<string, Sensitive>; readonly template: Template }[],
  ): Promise<Outcome<Rendered>>
  /** Whether texts can be parsed: no values are needed. */
  check(templates: readonly Pick<Template, 'name' | 'text'>[]): Promise<Outcome<undefined>>
  /** Properties as ESO's provider finds them with gjson v1.18: a name with dots as one key first. Undefined: not there. */
  get(
    questions: readonly { readonly json: Sensitive; readonly path: string }[],
  ): Promise<Outcome<Sensitive | undefined>>
  /** YAML texts as JSON, numbers with all their digits. */
  json(texts: readonly Sensitive[]): Promise<Outcome<Sensitive>>
  /** The same engine, asked for a tenant: those that ask for much wait for those that ask for little. */
  of(tenant: string): Omit<Engine, 'of' | 'close'>
  close(): Promise<void>
}

export interface EngineOptions {
  readonly source: Source
  readonly setTimer: SetTimer
  /** Told when the engine cannot be started: the file is missing or is no engine. */
  readonly onAbsent?: (cause: unknown) => void
  /** A clock that never goes back, to share the threads fairly; without one they are not. Milliseconds. */
  readonly now?: () => number
}

/** What decision 11 gives the templates of one object. Milliseconds. */
const limitMs = 250
/** Making an RSA key of 4096 bits takes 8 s in WebAssembly: such templates have a thread of their own. Milliseconds. */
const patientLimitMs = 20_000
const waiting = 1_000
const idleMs = 5 * 60_000
/** Each thread takes some 20 MiB, and hardly any template makes keys. Milliseconds. */
const patientIdleMs = 30_000
/** How long a tenant whose template broke the quick thread keeps away from it. Milliseconds. */
const suspectMs = 60_000
/** Of one request: 16 MiB of values are looked through at most (pkg/materialize), the rest is for templates. Bytes. */
const mostIn = 20 * 1024 * 1024

const patient =
  /\b(?:bcrypt|htpasswd|derivePassword|genPrivateKey|genCA|genCAWithKey|genSelfSignedCert|genSelfSignedCertWithKey|genSignedCert|genSignedCertWithKey)\b/

const isPatient = (text: Template['text']): boolean => patient.test(bytesOf(text).toString('latin1'))

const sensitive = (bytes: Buffer | undefined): Sensitive => Sensitive.bytes(bytes ?? Buffer.alloc(0))

const asPairs = (fields: readonly Buffer[]): ReadonlyMap<string, Sensitive> => {
  const pairs = new Map<string, Sensitive>()
  for (let at = 0; at < fields.length; at += 2) pairs.set(String(fields[at]), sensitive(fields[at + 1]))
  return pairs
}

const asRendered = (fields: readonly Buffer[], gives: Template['gives']): Rendered =>
  gives === 'pairs' ? { is: 'pairs', pairs: asPairs(fields) } : { is: 'text', text: sensitive(fields[0]) }

/** Calls that hand values in are no questions: whoever asked knows nothing of them. */
const isQuestion = ({ operation }: Call): boolean => operation !== 'values'

/** How many questions there are before the call at this place. */
const questionsBefore = (calls: readonly Call[], at: number): number => calls.slice(0, at).filter(isQuestion).length

const wholeProblem = (answer: Exclude<LaneAnswer, { is: 'replies' }>, calls: readonly Call[]): Problem => {
  switch (answer.is) {
    case 'stopped':
      return stopped(questionsBefore(calls, answer.at), answer.why)
    case 'too-much':
      return excess(questionsBefore(calls, answer.at), 'out')
    default:
      return stopped(0, answer.is)
  }
}

/** The place of the call that is one too many; -1 where there is none. */
const firstTooMany = (calls: readonly Call[]): number => {
  let total = 0
  return calls.findIndex(call => {
    total += sizeOf(call)
    return total > mostIn
  })
}

/** Names of the values that the question at this index can use. */
type KeysAt = (index: number) => readonly string[]
const noKeys: KeysAt = () => []

const collect = <T>(
  replies: readonly Reply[],
  keysAt: KeysAt,
  read: (fields: readonly Buffer[], index: number) => T,
): Outcome<T> => {
  const problems = replies.flatMap(({ done, fields }, index) => (done ? [] : [problemOf(index, fields, keysAt(index))]))
  return problems.length > 0 ? { problems } : { results: replies.map(({ fields }, index) => read(fields, index)) }
}

/**
 * Asks a lane, which is chosen once the calls are known to be few enough to be looked through. Indexes are those of the
 * questions among the calls.
 */
const ask = async <T>(
  chosen: () => Pick<Lane, 'ask'>,
  calls: readonly Call[],
  keysAt: KeysAt,
  read: (fields: readonly Buffer[], index: number) => T,
): Promise<Outcome<T>> => {
  if (!calls.some(isQuestion)) return { results: [] }
  const over = firstTooMany(calls)
  if (over >= 0) return { problems: [excess(questionsBefore(calls, over), 'in')] }
  const answer = await chosen().ask(writeCalls(calls))
  if (answer.is !== 'replies') return { problems: [wholeProblem(answer, calls)] }
  const replies = readReplies(answer.replies).filter((_, at) => calls[at] && isQuestion(calls[at]))
  return collect(replies, keysAt, read)
}

const valuesCall = (values: ReadonlyMap<string, Sensitive>): Call => ({
  operation: 'values',
  fields: [...values].flat(),
})

const renderCall = ({ name, text, gives, missing = 'refuse' }: Template): Call => ({
  operation: 'render',
  fields: [name, text, missing, gives],
})

const opener = ({ source, setTimer, onAbsent }: EngineOptions): LaneOptions['open'] => {
  let module: Promise<WebAssembly.Module> | undefined
  return async options => {
    try {
      module ??= loadEngine(source.engine)
      const loaded = await module
      if (options.signal.aborted) return undefined
      const thread = await openThread({ ...options, source: source.worker, module: loaded, setTimer })
      if (!thread && !options.signal.aborted) onAbsent?.(new Error('the template worker does not start'))
      return thread
    } catch (cause) {
      module = undefined
      onAbsent?.(cause)
      return undefined
    }
  }
}

/** Lanes as one tenant may use them. */
interface Lanes {
  quick(): Pick<Lane, 'ask'>
  slow(): Pick<Lane, 'ask'>
}

const questionsOf = ({ quick, slow }: Lanes): Omit<Engine, 'of' | 'close'> => {
  // a rewrite has one text for all its keys
  const laneFor = (templates: readonly Template[]) => () =>
    [...new Set(templates.map(({ text }) => text))].some(isPatient) ? slow() : quick()
  const readerOf = (templates: readonly Template[]) => (fields: readonly Buffer[], index: number) =>
    asRendered(fields, templates[index]?.gives ?? 'text')
  return {
    render: (values, templates) => {
      const keys = [...values.keys()]
      const calls = [valuesCall(values), ...templates.map(renderCall)]
      return ask(laneFor(templates), calls, () => keys, readerOf(templates))
    },
    renderEach: jobs => {
      const templates = jobs.map(({ template }) => template)
      const calls = jobs.flatMap(({ values, template }) => [valuesCall(values), renderCall(template)])
      const keysAt = (index: number) => [...(jobs[index]?.values.keys() ?? [])]
      return ask(laneFor(templates), calls, keysAt, readerOf(templates))
    },
    check: templates => {
      const calls = templates.map(({ name, text }): Call => ({ operation: 'check', fields: [name, text] }))
      return ask(quick, calls, noKeys, () => undefined)
    },
    get: questions => {
      const calls = questions.map(({ json, path }): Call => ({ operation: 'get', fields: [json, path] }))
      return ask(quick, calls, noKeys, ([found]) => found && sensitive(found))
    },
    json: texts => {
      const calls = texts.map((text): Call => ({ operation: 'json', fields: [text] }))
      return ask(quick, calls, noKeys, ([text]) => sensitive(text))
    },
  }
}

/**
 * Who has just broken the quick thread waits with those who make keys, for a while: starting a thread anew takes longer than most
 * templates, and all others would wait for it.
 */
const lanesFor = ({ quick, slow, now }: { quick: Lane; slow: Lane; now: () => number }) => {
  const suspects = new Map<string, number>()
  const suspect = (tenant: string): void => {
    for (const [each, until] of suspects) if (until <= now()) suspects.delete(each)
    suspects.set(tenant, now() + suspectMs)
  }
  return (tenant: string): Lanes => {
    const isTrusted = () => (suspects.get(tenant) ?? 0) <= now()
    const suspected = { ask: (request: ArrayBuffer) => slow.ask(request, { tenant, limitMs }) }
    const trusted: Pick<Lane, 'ask'> = {
      ask: async request => {
        const answer = await quick.askIf(isTrusted, request, { tenant })
        if (answer.is === 'unwelcome') return suspected.ask(request)
        if (answer.is === 'stopped' && tenant !== '') suspect(tenant)
        return answer
      },
    }
    return {
      quick: () => (isTrusted() ? trusted : suspected),
      slow: () => ({ ask: request => slow.ask(request, { tenant }) }),
    }
  }
}

/** An engine that starts nothing yet. */
export const createEngine = (options: EngineOptions): Engine => {
  const { now = () => 0 } = options
  const common = { open: opener(options), waiting, now }
  const quick = openLane({ ...common, limitMs, idleMs })
  const slow = openLane({ ...common, limitMs: patientLimitMs, idleMs: patientIdleMs })
  const lanes = lanesFor({ quick, slow, now })
  const of = (tenant: string) => questionsOf(lanes(tenant))
  return {
    ...of(''),
    of,
    close: async () => {
      await Promise.all([quick.close(), slow.close()])
    },
  }
}
