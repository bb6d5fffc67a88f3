import type { StopReason } from './thread.ts'

/** Classes that the engine tells (engine/answer/problem.go), with what each says of the template's own source. */
interface Told {
  readonly subject: string
  readonly near: string
  /** Names of the values that the template was given. */
  readonly keys: readonly string[]
}
type Words = (told: Told) => { readonly message: string; readonly remedy?: string | undefined }

/** Why a template or a path has no result. Words of ours and names from the source: never a value, never Go's own text. */
export interface Problem {
  /** The template or question at this index of the request. */
  readonly index: number
  /** `template`: it has to change, or its values have. `engine`: trying again may help. */
  readonly blame: 'template' | 'engine'
  readonly message: string
  readonly remedy: string | undefined
}

const say = (message: string, remedy?: string): Words => {
  const words = { message, remedy }
  return () => words
}

const knownKeys = (keys: readonly string[]): string =>
  keys.length === 0 || keys.length > 12 ? 'use a key that the data has' : `the data has ${[...keys].sort().join(', ')}`

const goTypes: Readonly<Record<string, string>> = {
  bool: 'true or false',
  float: 'a number',
  float64: 'a number',
  int: 'a whole number',
  int64: 'a whole number',
  integer: 'a whole number',
  string: 'text',
  '[]interface {}': 'a list',
  '[]string': 'a list of texts',
  'map[string]interface {}': 'a map',
  'map[string]string': 'a map',
}
const typeName = (type: string): string => goTypes[type] ?? (type === '' ? 'something else' : type)

const endIt = 'close every {{ if }}, {{ range }}, {{ with }} and {{ define }} with {{ end }}'

const classes: Readonly<Record<string, Words>> = {
  'unknown-function': ({ subject, near }) => ({
    message: `function "${subject}" is not defined`,
    remedy: near === '' ? 'use a function of Go templates, of sprig or of external-secrets' : `did you mean ${near}?`,
  }),
  'unknown-variable': ({ subject }) => ({
    message: `variable ${subject} is not defined here`,
    remedy: `set it before with {{ ${subject} := ... }}; a value of the data is written with a dot, as in {{ .name }}`,
  }),
  'unknown-template': ({ subject }) => ({
    message: `template "${subject}" is not defined`,
    remedy: 'define it in the same text with {{ define }}',
  }),
  'missing-key': ({ subject, near, keys }) => ({
    message: `there is no key "${subject}"`,
    remedy:
      near === 'nested'
        ? `give a default where it may be missing, as in {{ dig "${subject}" "" ... }}`
        : near === ''
          ? knownKeys(keys)
          : `did you mean ${near}?`,
  }),
  'no-end': say('the text ends inside of a block', endIt),
  'extra-end': ({ subject }) => ({ message: `{{ ${subject} }} stands outside of any block`, remedy: endIt }),
  'unclosed-action': say('{{ is not closed', 'close it with }}'),
  'unclosed-comment': say('a comment is not closed', 'write {{/* comment */}}'),
  'unclosed-quote': say('a quoted text is not closed', 'end it with the same quote on the same line'),
  'bad-character': say('a character is not allowed there', 'quote texts; a key with a dash is {{ index . "my-key" }}'),
  'bad-number': say('a number is written wrongly', 'begin a name with a letter, or write the number in digits'),
  'outside-range': ({ subject }) => ({ message: `{{ ${subject} }} stands outside of {{ range }}` }),
  'no-operand': ({ subject }) => ({ message: `${subject} has nothing to work on`, remedy: 'write a value behind it' }),
  'defined-twice': say('a template is defined twice', 'give each {{ define }} a name of its own'),
  'bad-syntax': say('the syntax is wrong', 'a key with a dash or a dot is {{ index . "my-key" }}'),
  'too-deep': say('templates, or the values in them, are nested too deeply', 'end the recursion'),
  'argument-count': ({ subject }) => ({ message: `${subject} is called with a wrong number of arguments` }),
  'wrong-type': ({ subject, near }) => ({
    message: `${typeName(subject)} is needed, ${near === '' ? 'and it is something else' : `not ${typeName(near)}`}`,
    remedy: 'convert it with toString, int or fromJson',
  }),
  'no-value': ({ subject }) => ({
    message: `"${subject}" is asked of something that is not there`,
    remedy: 'test it with {{ if }} or {{ with }} first',
  }),
  'no-field': ({ subject }) => ({
    message: `"${subject}" is asked of something that has no fields`,
    remedy: 'values are text: read JSON with fromJson first',
  }),
  'no-list': say('range needs a list or a map', 'values are text: read JSON with fromJson first'),
  incomparable: ({ subject }) => ({
    message: `${subject} cannot compare these two`,
    remedy: 'values are text: convert numbers with int, or write them in quotes',
  }),
  'no-index': ({ subject }) => ({
    message: `${subject} finds nothing at that place`,
    remedy: 'check with hasKey or len first',
  }),
  'told-to-fail': say('the template itself says fail', 'see the condition that it tests before'),
  'function-failed': ({ subject }) => ({
    message: `function ${subject} cannot use what it was given`,
    remedy: 'check the value that it is called with',
  }),
  'output-too-large': say('it makes more than 1 MiB', 'a Secret holds at most 1 MiB: make less text'),
  'not-pairs': say('the result is not YAML with one text for each key', 'write lines of `key: value`, texts in quotes'),
  'not-yaml': say('this is not YAML'),
}
const failed = say('the template fails')

const number = (field: Buffer | undefined): number => Number(field?.toString('latin1') ?? 0)

const position = (line: number, column: number): string =>
  line === 0 ? '' : column === 0 ? `line ${line}: ` : `line ${line}, column ${column}: `

/** A refusal of the engine in our words. */
export const problemOf = (index: number, fields: readonly Buffer[], keys: readonly string[]): Problem => {
  const [kind, line, column, subject, near] = fields
  const words = Object.hasOwn(classes, String(kind)) ? classes[String(kind)] : undefined
  const { message, remedy } = (words ?? failed)({ subject: String(subject ?? ''), near: String(near ?? ''), keys })
  return { index, blame: 'template', message: `${position(number(line), number(column))}${message}`, remedy }
}

const stops = {
  'too-slow': { message: 'it takes too long and was ended', remedy: 'make it smaller; a loop may run too often' },
  'out-of-memory': { message: 'it needs too much memory and was ended', remedy: 'make it smaller' },
  'too-deep': { message: 'it is nested too deeply and was ended', remedy: 'end the recursion' },
  crashed: { message: 'the template engine broke down over it', remedy: 'report it with this template' },
  busy: { message: 'too many templates wait to be rendered', remedy: undefined },
  absent: { message: 'the template engine cannot be started', remedy: 'read the log of Latchkey' },
} as const satisfies Record<StopReason | 'busy' | 'absent', Pick<Problem, 'message' | 'remedy'>>

const excesses = {
  in: {
    message: 'templates and values are together more than 20 MiB',
    remedy: 'split it into several ExternalSecrets',
  },
  out: {
    message: 'this and what comes before it make more than 8 MiB',
    remedy: 'a Secret holds at most 1 MiB: make less text',
  },
} as const

/** That a request has more bytes than one object can use, or its replies have: said of the call that was one too many. */
export const excess = (index: number, of: keyof typeof excesses): Problem => ({
  index,
  blame: 'template',
  ...excesses[of],
})

/** What ended a whole request, said of the call that was under way. */
export const stopped = (index: number, why: keyof typeof stops): Problem => ({ index, blame: 'engine', ...stops[why] })
