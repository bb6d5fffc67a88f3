import type { z } from 'zod'
import { Fault, nearest, sentence } from '#core'
import { showAddress } from './address.ts'
import { type Flag, type FlagName, flags, twinOf } from './flags.ts'

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S
type Value<F extends Flag> = F extends { fallback: string } ? z.output<F['schema']> : z.output<F['schema']> | undefined

/** What the flags say, frozen: addresses, URLs and lists already parsed. One without a default may be undefined. */
export type Config = { readonly [N in FlagName as Camel<N>]: Value<(typeof flags)[N]> }

interface Finding {
  readonly path: string
  readonly message: string
  readonly remedy?: string | undefined
}
type Texts = Map<string, { readonly text: string; readonly from: string }>

const known: Readonly<Record<string, Flag>> = flags
const isKnown = (name: string): boolean => Object.hasOwn(known, name)
const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

const unknown = (word: string, name: string): Finding => {
  const meant = nearest(name, Object.keys(flags))
  const remedy = meant ? `did you mean --${meant}?` : 'run latchkey serve --help for the list'
  return word.startsWith('--')
    ? { path: `--${name}`, message: 'there is no such flag', remedy }
    : { path: 'arguments', message: 'serve takes flags only', remedy: 'write --NAME VALUE' }
}

interface Word {
  readonly word: string
  readonly name: string
  readonly value: string | undefined
  readonly isFlag: boolean
}

const isSwitch = (name: string): boolean => isKnown(name) && !known[name]?.hint

/** `--a b`, `--a=b` and switches, taken apart; an unknown flag takes its value along, so that it is one mistake. */
const readWords = (argv: readonly string[]): readonly Word[] => {
  const words: Word[] = []
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = word, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    const isFlag = word.startsWith('--')
    const takesNext = isFlag && inline === undefined && !isSwitch(name) && rest[0]?.startsWith('--') === false
    words.push({ word, name, isFlag, value: inline ?? (takesNext ? rest.shift() : undefined) })
  }
  return words
}

/** The texts of the flags as given, the last one counts; `--no-register` alone is `--no-register=true`. */
const readArguments = (argv: readonly string[], findings: Finding[]): Texts => {
  const texts: Texts = new Map()
  for (const { word, name, isFlag, value } of readWords(argv)) {
    if (!isFlag || !isKnown(name)) {
      findings.push(unknown(word, name))
      continue
    }
    const from = `--${name}`
    const text = value ?? (isSwitch(name) ? 'true' : undefined)
    const earlier = known[name]?.many ? texts.get(name)?.text : undefined
    if (text === undefined) findings.push({ path: from, message: 'has no value', remedy: `give ${known[name]?.hint}` })
    else texts.set(name, { text: earlier === undefined ? text : `${earlier},${text}`, from })
  }
  return texts
}

const readValues = (texts: Texts, env: NodeJS.ProcessEnv, findings: Finding[]): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  for (const [name, { schema, fallback }] of Object.entries(known)) {
    const twin = env[twinOf(name)]
    const given = texts.get(name) ?? (twin ? { text: twin, from: twinOf(name) } : undefined)
    const text = given?.text ?? fallback
    if (text === undefined) continue
    const result = schema.safeParse(text)
    if (result.success) values[camel(name)] = result.data
    else {
      findings.push({
        path: given?.from ?? `--${name}`,
        message: 'cannot be used',
        remedy: result.error.issues[0]?.message,
      })
    }
  }
  return values
}

const contradictions = (config: Config): Finding[] => {
  const findings: Finding[] = []
  if (config.role === 'reconciler' && config.webhookUrl) {
    findings.push({
      path: '--webhook-url',
      message: 'the role reconciler serves no webhook',
      remedy: 'leave it out, or give --role all',
    })
  }
  const binds = {
    '--webhook-bind': config.webhookBind,
    '--health-bind': config.healthBind,
    '--metrics-bind': config.metricsBind,
  }
  const taken = new Map<string, string>()
  for (const [path, bind] of Object.entries(binds)) {
    const other = bind.port === 0 ? undefined : taken.get(showAddress(bind))
    if (other) findings.push({ path, message: `is the same address as ${other}`, remedy: 'give each its own port' })
    taken.set(showAddress(bind), path)
  }
  return findings
}

const refuse = (findings: readonly Finding[]): never => {
  throw new Fault(
    'ConfigInvalid',
    `the flags cannot be used:\n${findings.map(finding => `  ${sentence(finding)}`).join('\n')}`,
  )
}

/** Flags, then environment, then defaults. Throws one Fault that lists every mistake, a line each. */
export const readConfig = (argv: readonly string[], env: NodeJS.ProcessEnv): Config => {
  const findings: Finding[] = []
  const values = readValues(readArguments(argv, findings), env, findings)
  if (findings.length > 0) refuse(findings)
  const config = values as Config // built from the table by name, which no type can follow; config.test.ts compares them
  const conflicts = contradictions(config)
  if (conflicts.length > 0) refuse(conflicts)
  return Object.freeze(config)
}
