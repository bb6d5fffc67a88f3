// What dev/bench/cases/template.ts measures: a process with nothing in it but the template engine, as the image has it.
// Reads a Pair from stdin as JSON, prints its Findings. Bundled first: what strips types would take memory of its own.
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { Sensitive } from '#core'
import { createEngine, type Engine, engineSource, type Template } from '#template'
import { median, quantile } from './numbers.ts'

/** Memory in MiB, times in milliseconds. */
export interface Findings {
  readonly before: number
  readonly warm: number
  readonly after: number
  readonly both: number
  readonly firstMs: number
  readonly median: number
  readonly p99: number
}

const varied = 50
const objects = 5_000
const settleMs = 3_000

const residentMiB = () => process.memoryUsage.rss() / 2 ** 20

const setTimer = (ms: number, fire: () => void) => {
  const timer = setTimeout(fire, ms)
  return () => clearTimeout(timer)
}

/** The templates of one object; no two numbers give the same texts. */
const four = (number: number): readonly Template[] => [
  { name: 'dsn', text: `{{/* ${number} */}}postgres://{{ .user }}:{{ .password }}@{{ .host }}:5432/db`, gives: 'text' },
  { name: 'user', text: `u${number}: {{ .user | upper | quote }}`, gives: 'text' },
  { name: 'auth', text: `{{ printf "%s:%s-${number}" .user .password | b64enc }}`, gives: 'text' },
  { name: 'config.yaml', text: `{{ dict "n" ${number} "user" .user "host" .host | toYaml }}`, gives: 'text' },
]

const valuesOf = (number: number): ReadonlyMap<string, Sensitive> =>
  new Map([
    ['user', Sensitive.text(`user-${number}`)],
    ['password', Sensitive.text(`password of ${number}`)],
    ['host', Sensitive.text('db.example.com')],
  ])

const must = async (engine: Engine, values: ReadonlyMap<string, Sensitive>, templates: readonly Template[]) => {
  const outcome = await engine.render(values, templates)
  if ('problems' in outcome) throw new Error(`rendering failed: ${outcome.problems[0]?.message}`)
}

const renderOne = async (engine: Engine, number: number, templates: readonly Template[]): Promise<number> => {
  const begun = performance.now()
  await must(engine, valuesOf(number), templates)
  return performance.now() - begun
}

const asText = (name: string, text: string): Template => ({ name, text, gives: 'text' })

const run = async (pair: { readonly cert: string; readonly key: string }): Promise<Findings> => {
  const engine = createEngine({ source: engineSource(), setTimer })
  const before = residentMiB()
  const firstMs = await renderOne(engine, 0, four(0))
  for (let number = 1; number < varied; number += 1) await renderOne(engine, number, four(number))
  const archive = [asText('archive.p12', '{{ pemToPkcs12Pass .cert .key "changeit" }}')]
  await must(engine, new Map(Object.entries(pair).map(([key, value]) => [key, Sensitive.text(value)])), archive)
  await pause(settleMs)
  const warm = residentMiB()
  const times: number[] = []
  for (let number = 0; number < objects; number += 1) times.push(await renderOne(engine, number, four(number % varied)))
  await pause(settleMs)
  const after = residentMiB()
  // a template that may take its time has a thread of its own
  await must(engine, new Map(), [asText('key', '{{ genPrivateKey "ecdsa" }}')])
  await pause(settleMs)
  const both = residentMiB()
  await engine.close()
  return { before, warm, after, both, firstMs, median: median(times), p99: quantile(times, 0.99) }
}

process.stdout.write(JSON.stringify(await run(JSON.parse(await text(process.stdin)))))
