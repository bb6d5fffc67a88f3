import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueCa, randomSources } from '#certs'
import { bundle } from '../../bundle.ts'
import type { Case } from '../case.ts'
import { median } from '../numbers.ts'
import type { Findings } from '../rendering.ts'

const rounds = 3
const templates = 4
const budgetMiB = 70
const budgetMs = 0.5

export const template: Case = {
  name: 'template',
  about: `the template engine alone in a process: objects of ${templates} templates, one after the other`,
  async run() {
    const dir = mkdtempSync(join(tmpdir(), 'latchkey-bench-template-'))
    try {
      await bundle(dir, { rendering: 'dev/bench/rendering.ts' })
      const { cert, key } = await issueCa({ sources: randomSources(), now: new Date() })
      const input = JSON.stringify({ cert, key: key.reveal().toString() })
      const runs = Array.from({ length: rounds }, (): Findings => {
        const told = execFileSync(process.execPath, [join(dir, 'rendering.js')], { input, encoding: 'utf8' })
        return JSON.parse(told)
      })
      const figure = (name: string, unit: 'MiB' | 'ms', of: (run: Findings) => number, budget?: number) => {
        const values = runs.map(of)
        return { name, unit, value: median(values), runs: values, ...(budget !== undefined && { budget }) }
      }
      return [
        figure('template engine: memory added, warm', 'MiB', run => run.warm - run.before, budgetMiB),
        // no budget on these two: a server has Node's code, a young generation and freed memory already, which this
        // process gets only now; converge-template measures what is added to a server
        figure('template engine: memory added, after 20000 renders', 'MiB', run => run.after - run.before),
        figure('template engine: memory added, both threads', 'MiB', run => run.both - run.before),
        figure('template engine: first answer, its start included', 'ms', run => run.firstMs),
        figure(`template engine: an object of ${templates}, p50`, 'ms', run => run.median),
        figure(`template engine: an object of ${templates}, p99`, 'ms', run => run.p99),
        figure('template engine: a render, p50', 'ms', run => run.median / templates, budgetMs),
      ]
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  },
}
