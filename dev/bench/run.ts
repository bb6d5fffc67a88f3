// `npm run bench`: what Latchkey costs, beside what the same machine needs for the bare minimum in the same minute.
//   npm run bench                 every case
//   npm run bench -- CASE ...     these only
// Prints a table, writes bench-results/, exits 1 where a budget is missed. docs/benchmarks.md explains the figures.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { table } from '../screen.ts'
import { type Case, type Figure, isWithin } from './case.ts'
import { cases } from './cases/index.ts'
import { machineFacts } from './machine.ts'
import { openStage, type Stage } from './stage.ts'

const root = resolve(import.meta.dirname, '../..')
const say = (text: string) => void process.stdout.write(`${text}\n`)

interface Ran {
  readonly case: string
  readonly about: string
  readonly tookSeconds: number
  readonly figures: readonly Figure[]
}

const choose = (names: readonly string[]): readonly Case[] => {
  const unknown = names.filter(name => !cases.some(one => one.name === name))
  if (unknown.length === 0) return names.length === 0 ? cases : cases.filter(({ name }) => names.includes(name))
  throw new Error(`no case ${unknown.join(', ')} → one of ${cases.map(({ name }) => name).join(', ')}`)
}

const show = (value: number | undefined, unit: Figure['unit']): string => {
  if (value === undefined) return '-'
  const digits = unit === 'calls' || unit === 'writes' || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

const verdict = (figure: Figure): string => {
  if ((figure.budget ?? figure.least) === undefined) return ''
  return isWithin(figure) ? 'ok' : 'MISSED'
}

const rowOf = (figure: Figure): string[] => [
  figure.name,
  show(figure.value, figure.unit),
  show(figure.bare, figure.unit),
  show(figure.budget ?? figure.least, figure.unit),
  verdict(figure),
]

const runAll = async (stage: Stage, chosen: readonly Case[]): Promise<readonly Ran[]> => {
  const ran: Ran[] = []
  for (const one of chosen) {
    say(`  ${one.name}: ${one.about}`)
    const begun = performance.now()
    const figures = await one.run(stage)
    await stage.clear()
    const tookSeconds = Math.round((performance.now() - begun) / 100) / 10
    ran.push({ case: one.name, about: one.about, tookSeconds, figures })
  }
  return ran
}

const write = (machine: ReturnType<typeof machineFacts>, ran: readonly Ran[]): string => {
  const folder = join(root, 'bench-results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${machine.date.replaceAll(':', '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ machine, cases: ran }, undefined, 2)}\n`)
  return file
}

const main = async (names: readonly string[]): Promise<number> => {
  const chosen = choose(names)
  const machine = machineFacts(new Date())
  say(`latchkey bench · ${machine.cores} × ${machine.cpu} · Node ${machine.node} · load ${machine.load} before it`)
  say('  building dist/latchkey.js and starting a control plane and a gateway')
  execFileSync(process.execPath, [join(root, 'dev/run.mjs'), '--bin', 'rolldown', '-c'], { cwd: root, stdio: 'pipe' })
  const stage = await openStage(text => say(`  ${text}`))
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.close().finally(() => process.exit(130)))
  try {
    const ran = await runAll(stage, chosen)
    const figures = ran.flatMap(one => one.figures)
    say('')
    for (const line of table([['WHAT', 'LATCHKEY', 'BARE', 'BUDGET', ''], ...figures.map(rowOf)])) say(`  ${line}`)
    say(`\n  written to ${write(machine, ran)}`)
    return figures.every(isWithin) ? 0 : 1
  } finally {
    await stage.close()
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (thrown) {
  process.stderr.write(`latchkey: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`)
  process.exitCode = 1
}
